package org.mla4j.models.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.weight.WeightHandle;

/**
 * A folder with {@code model.safetensors}, or with the shards that {@code
 * model.safetensors.index.json} lists. Where a folder has both forms, the single file counts.
 */
final class SafetensorsFiles implements WeightFiles {
  private static final String SINGLE = "model.safetensors";

  /** A tensor and the file it is in. */
  private record Place(SafetensorsHeader.Entry entry, MappedFile file) {}

  private final List<MappedFile> files = new ArrayList<>();
  private final Map<String, Place> places = new LinkedHashMap<>();

  private SafetensorsFiles() {}

  static SafetensorsFiles open(Path folder) {
    Path single = folder.resolve(SINGLE);
    Path index = folder.resolve(ShardIndex.NAME);
    SafetensorsFiles all = new SafetensorsFiles();
    try {
      if (Files.isRegularFile(single)) {
        all.add(single);
      } else if (Files.isRegularFile(index)) {
        all.add(ShardIndex.read(index));
      } else {
        throw new ModelException(
            ErrorCode.MALFORMED_FILE,
            "Checkpoint file '"
                + single
                + "' is missing; expected it or "
                + ShardIndex.NAME
                + " in the folder.");
      }
      return all;
    } catch (RuntimeException | Error e) {
      all.close();
      throw e;
    }
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(places.keySet());
  }

  /** FP8 codes come joined with their block scales. */
  @Override
  public WeightHandle handle(String name) {
    return handle(Objects.requireNonNull(places.get(name), name));
  }

  @Override
  public List<StoredTensor> stored() {
    return places.values().stream()
        .map(place ->
            new StoredTensor(
                place.entry().name(),
                place.entry().dtype().name(),
                place.entry().shape(),
                place.file(),
                place.entry().offset(),
                place.entry().bytes(),
                NonFiniteBits.of(place.entry().dtype())))
        .toList();
  }

  @Override
  public long byteSize() {
    return files.stream().mapToLong(MappedFile::byteSize).sum();
  }

  @Override
  public void close() {
    files.forEach(MappedFile::close);
  }

  private WeightHandle handle(Place place) {
    StoredWeight stored = stored(place, StoredDType.readable());
    Place scales = places.get(stored.name() + Checkpoint.SCALE_SUFFIX);
    return stored.dtype() == DType.F8_E4M3 && scales != null
        ? new BlockScaledWeight(stored, scales(scales))
        : stored;
  }

  private static BlockScales scales(Place place) {
    StoredDType exponents = StoredDType.F8_E8M0;
    return new BlockScales(
        place.entry().dtype() == exponents
            ? stored(place, DType.U8)
            : stored(place, StoredDType.readable() + ", " + exponents));
  }

  private static StoredWeight stored(Place place, String expected) {
    SafetensorsHeader.Entry entry = place.entry();
    DType dtype =
        entry
            .dtype()
            .dtype()
            .filter(DType::isFloat)
            .orElseThrow(() ->
                new ModelException(
                    ErrorCode.UNSUPPORTED_DTYPE,
                    place.file().path()
                        + ": tensor '"
                        + entry.name()
                        + "' is stored as "
                        + entry.dtype()
                        + ", which cannot be read; expected one of "
                        + expected
                        + "."));
    return stored(place, dtype);
  }

  private static StoredWeight stored(Place place, DType dtype) {
    SafetensorsHeader.Entry entry = place.entry();
    return new StoredWeight(entry.name(), dtype, entry.shape(), place.file(), entry.offset());
  }

  private void add(ShardIndex index) {
    index.shards().forEach(this::add);
    Map<String, Path> found = new HashMap<>();
    places.forEach((tensor, place) -> found.put(tensor, place.file().path()));
    index.requireFound(found);
  }

  private void add(Path path) {
    MappedFile file = MappedFile.open(path);
    files.add(file);
    for (SafetensorsHeader.Entry entry : SafetensorsHeader.read(file).values()) {
      Place before = places.put(entry.name(), new Place(entry, file));
      if (before != null) {
        throw new ModelException(
            ErrorCode.MALFORMED_FILE,
            "Tensor '"
                + entry.name()
                + "' is in two files: '"
                + before.file().path()
                + "' and '"
                + path
                + "'.");
      }
    }
  }
}
