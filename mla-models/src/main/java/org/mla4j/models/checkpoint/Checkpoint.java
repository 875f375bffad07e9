package org.mla4j.models.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.weight.WeightHandle;

/**
 * The weights of a model in a folder: {@code model.safetensors}, or the shards that {@code
 * model.safetensors.index.json} lists. Files are mapped, not read.
 *
 * <p>Closing it stops new weights from being taken; files stay mapped until the last lease on them
 * is closed. Threading: safe to share.
 */
public final class Checkpoint implements AutoCloseable {
  private static final String SINGLE = "model.safetensors";
  private static final String SCALE_SUFFIX = "_scale_inv";

  /** A tensor and the file it is in. */
  record Place(SafetensorsHeader.Entry entry, MappedFile file) {}

  private final Path folder;
  private final List<MappedFile> files = new ArrayList<>();
  private final Map<String, Place> places = new LinkedHashMap<>();
  private final Map<String, WeightHandle> handles = new HashMap<>();
  private boolean closed;

  private Checkpoint(Path folder) {
    this.folder = folder;
  }

  /**
   * Maps the files and reads their headers. Where a folder has both forms, the single file counts.
   *
   * @param folder holds the files
   * @return the checkpoint
   * @throws ModelException if a file is missing, malformed, or lies outside the folder, or a tensor
   *     is there twice
   */
  public static Checkpoint open(Path folder) {
    Path single = folder.resolve(SINGLE);
    Path index = folder.resolve(ShardIndex.NAME);
    Checkpoint checkpoint = new Checkpoint(folder);
    try {
      if (Files.isRegularFile(single)) {
        checkpoint.add(single);
      } else if (Files.isRegularFile(index)) {
        checkpoint.add(ShardIndex.read(index));
      } else {
        throw new ModelException(
            ErrorCode.MALFORMED_FILE,
            "Checkpoint file '"
                + single
                + "' is missing; expected it or "
                + ShardIndex.NAME
                + " in the folder.");
      }
      return checkpoint;
    } catch (RuntimeException | Error e) {
      checkpoint.close();
      throw e;
    }
  }

  /**
   * Returns the folder.
   *
   * @return as given to {@link #open}
   */
  public Path folder() {
    return folder;
  }

  /**
   * Returns how large the files are, headers included.
   *
   * @return bytes of all files together
   */
  public long byteSize() {
    return files.stream().mapToLong(MappedFile::byteSize).sum();
  }

  /** All tensors with the files they are in, in the order of the files. */
  Collection<Place> places() {
    return Collections.unmodifiableCollection(places.values());
  }

  /**
   * Returns the names of all tensors.
   *
   * @return in the order of the files
   */
  public Set<String> names() {
    return Collections.unmodifiableSet(places.keySet());
  }

  /**
   * Returns a weight if the checkpoint has it. FP8 codes come joined with their block scales.
   *
   * @param name name of a tensor
   * @return a handle, always the same one for a name; empty if there is no such tensor
   * @throws ModelException if its element type cannot be read
   * @throws ClosedException if the checkpoint is closed
   */
  public synchronized Optional<WeightHandle> find(String name) {
    if (closed) {
      throw new ClosedException(
          ErrorCode.CLOSED,
          "Tensor '" + name + "' was asked of checkpoint '" + folder + "' after it was closed.");
    }
    Place place = places.get(name);
    return place == null
        ? Optional.empty()
        : Optional.of(handles.computeIfAbsent(name, _ -> handle(place)));
  }

  /**
   * Returns a weight that must be there.
   *
   * @param name name of a tensor
   * @return its handle
   * @throws ModelException if there is no such tensor, or its element type cannot be read
   * @throws ClosedException if the checkpoint is closed
   */
  public WeightHandle require(String name) {
    return find(name)
        .orElseThrow(() ->
            new ModelException(
                ErrorCode.MISSING_TENSOR,
                "Checkpoint '"
                    + folder
                    + "' has no tensor '"
                    + name
                    + "'; nearest names: "
                    + NearestNames.of(name, places.keySet())
                    + "."));
  }

  /** Unmaps the files as soon as no lease is left. Calling it twice does no harm. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      files.forEach(MappedFile::close);
    }
  }

  private WeightHandle handle(Place place) {
    StoredWeight stored = stored(place, StoredDType.readable());
    Place scales = places.get(stored.name() + SCALE_SUFFIX);
    return stored.dtype() == DType.F8_E4M3 && scales != null
        ? new BlockScaledWeight(stored, scales(scales))
        : stored;
  }

  private static BlockScales scales(Place place) {
    StoredDType exponents = StoredDType.F8_E8M0;
    return new BlockScales(
        place.entry().dtype() == exponents
            ? new StoredWeight(place.entry(), DType.U8, place.file())
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
    return new StoredWeight(entry, dtype, place.file());
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
