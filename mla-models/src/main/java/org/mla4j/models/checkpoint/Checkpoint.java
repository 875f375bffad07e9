package org.mla4j.models.checkpoint;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.weight.WeightHandle;
import tools.jackson.databind.JsonNode;

/**
 * The weights of a model in a folder: {@code model.safetensors}, or the shards that {@code
 * model.safetensors.index.json} lists. Files are mapped, not read.
 *
 * <p>Closing it stops new weights from being taken; files stay mapped until the last lease on them
 * is closed. Threading: safe to share.
 */
public final class Checkpoint implements AutoCloseable {
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final String SCALE_SUFFIX = "_scale_inv";

  private final Path folder;
  private final List<MappedFile> files;
  private final Map<String, SafetensorsHeader.Entry> entries = new LinkedHashMap<>();
  private final Map<String, MappedFile> fileOf = new HashMap<>();
  private final Map<String, WeightHandle> handles = new HashMap<>();
  private boolean closed;

  private Checkpoint(Path folder, List<MappedFile> files) {
    this.folder = folder;
    this.files = files;
  }

  /**
   * Maps the files and reads their headers.
   *
   * @param folder holds the files
   * @return the checkpoint
   * @throws ModelException if a file is missing, malformed, or lies outside the folder, or a tensor
   *     is there twice
   */
  public static Checkpoint open(Path folder) {
    Map<String, String> index =
        Files.isRegularFile(folder.resolve(SINGLE)) ? Map.of() : readIndex(folder);
    Set<String> names = index.isEmpty() ? Set.of(SINGLE) : new TreeSet<>(index.values());
    List<MappedFile> files = new ArrayList<>();
    Checkpoint checkpoint = new Checkpoint(folder, files);
    try {
      for (String name : names) {
        MappedFile file = MappedFile.open(shard(folder, name));
        files.add(file);
        checkpoint.add(file);
      }
      checkpoint.requireIndexed(index);
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
   * Returns the names of all tensors.
   *
   * @return in the order of the files
   */
  public Set<String> names() {
    return Collections.unmodifiableSet(entries.keySet());
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
    if (!entries.containsKey(name)) {
      return Optional.empty();
    }
    WeightHandle known = handles.get(name);
    if (known == null) {
      known = handle(name);
      handles.put(name, known);
    }
    return Optional.of(known);
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
                    + NearestNames.of(name, entries.keySet())
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

  private WeightHandle handle(String name) {
    StoredWeight stored = stored(name);
    String scales = name + SCALE_SUFFIX;
    return stored.dtype() == DType.F8_E4M3 && entries.containsKey(scales)
        ? new BlockScaledWeight(stored, stored(scales))
        : stored;
  }

  private StoredWeight stored(String name) {
    SafetensorsHeader.Entry entry = entries.get(name);
    DType dtype =
        entry
            .dtype()
            .dtype()
            .filter(DType::isFloat)
            .orElseThrow(() ->
                new ModelException(
                    ErrorCode.UNSUPPORTED_DTYPE,
                    fileOf.get(name).path()
                        + ": tensor '"
                        + name
                        + "' is stored as "
                        + entry.dtype()
                        + ", which cannot be read; expected one of "
                        + StoredDType.readable()
                        + "."));
    return new StoredWeight(entry, dtype, fileOf.get(name));
  }

  private void add(MappedFile file) {
    for (SafetensorsHeader.Entry entry : SafetensorsHeader.read(file).values()) {
      MappedFile before = fileOf.put(entry.name(), file);
      if (before != null) {
        throw new ModelException(
            ErrorCode.MALFORMED_FILE,
            "Tensor '"
                + entry.name()
                + "' is in two files: '"
                + before.path()
                + "' and '"
                + file.path()
                + "'.");
      }
      entries.put(entry.name(), entry);
    }
  }

  private void requireIndexed(Map<String, String> index) {
    index.forEach((tensor, shard) -> {
      MappedFile file = fileOf.get(tensor);
      if (file == null || !file.path().equals(shard(folder, shard))) {
        throw new ModelException(
            ErrorCode.MALFORMED_FILE,
            folder.resolve(INDEX)
                + ": tensor '"
                + tensor
                + "' should be in '"
                + shard
                + "'; found "
                + (file == null ? "in no file" : "in '" + file.path() + "'")
                + ".");
      }
    });
  }

  /**
   * Resolves the name of a file. By name it may not leave the folder; the file itself may be a link
   * to anywhere, as in the cache of a download tool.
   */
  private static Path shard(Path folder, String name) {
    Path root = folder.toAbsolutePath().normalize();
    Path path;
    try {
      path = root.resolve(name).normalize();
    } catch (InvalidPathException e) {
      throw outside(folder, name);
    }
    if (!path.startsWith(root) || path.equals(root)) {
      throw outside(folder, name);
    }
    Path file = folder.resolve(root.relativize(path));
    if (!Files.isRegularFile(file)) {
      throw new ModelException(
          ErrorCode.MALFORMED_FILE,
          "Checkpoint file '"
              + file
              + "' is missing"
              + (name.equals(SINGLE)
                  ? "; expected it or " + INDEX + " in the folder."
                  : ", listed in " + INDEX + "."));
    }
    return file;
  }

  private static ModelException outside(Path folder, String name) {
    return new ModelException(
        ErrorCode.MALFORMED_FILE,
        folder.resolve(INDEX)
            + ": shard '"
            + name
            + "' lies outside the folder; expected a name within it.");
  }

  private static Map<String, String> readIndex(Path folder) {
    Path path = folder.resolve(INDEX);
    if (!Files.isRegularFile(path)) {
      return Map.of();
    }
    JsonNode map = JsonFile.readObject(path, ErrorCode.MALFORMED_FILE).path("weight_map");
    Map<String, String> index = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      if (!entry.getValue().isString()) {
        throw new ModelException(
            ErrorCode.MALFORMED_FILE,
            path
                + ": tensor '"
                + entry.getKey()
                + "' is in "
                + entry.getValue()
                + "; expected the name of a file.");
      }
      index.put(entry.getKey(), entry.getValue().stringValue());
    }
    if (index.isEmpty()) {
      throw new ModelException(
          ErrorCode.MALFORMED_FILE,
          path + ": field 'weight_map' is missing or empty; expected tensor to file name.");
    }
    return index;
  }
}
