package org.mla4j.models.tokenizer;

import java.nio.file.Path;
import java.util.Map;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.models.checkpoint.GgufWriter;

/** Writes GGUF files that have metadata and no tensors. */
final class MetadataFile {
  private MetadataFile() {}

  static Path write(Path path, Map<String, Object> values) {
    GgufWriter writer = new GgufWriter();
    values.forEach(writer::metadata);
    writer.write(path, ProgressListener.NONE);
    return path;
  }
}
