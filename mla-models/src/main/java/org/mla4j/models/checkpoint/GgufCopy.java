package org.mla4j.models.checkpoint;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A GGUF file to be written anew: what it says stays, and every tensor keeps its name. */
final class GgufCopy implements ExportSource {
  /** What follows from the types of tensors, or from how a file was split or laid out. */
  private static final Set<String> NOT_COPIED =
      Set.of("general.file_type", "general.quantization_version", GgufPart.ALIGNMENT);

  private final GgufFile file;

  private GgufCopy(GgufFile file) {
    this.file = file;
  }

  static GgufCopy open(Path path) {
    return new GgufCopy(GgufFile.open(path));
  }

  @Override
  public Map<String, Object> metadata() {
    Map<String, Object> all = new LinkedHashMap<>();
    for (String key : file.metadata().keys()) {
      if (!NOT_COPIED.contains(key) && !key.startsWith("split.")) {
        all.put(key, file.metadata().stored(key));
      }
    }
    return all;
  }

  @Override
  public List<ExportTensor> tensors() {
    return file.tensors().values().stream()
        .map(tensor -> ExportTensor.of(tensor.name(), GgufWeights.stored(tensor, tensor.name())))
        .toList();
  }

  @Override
  public List<String> leftOut() {
    return List.of();
  }

  @Override
  public List<String> remarks() {
    return List.of();
  }

  @Override
  public void close() {
    file.close();
  }
}
