package org.mla4j.models.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;

/**
 * A model in one GGUF file (version 2 or 3, little-endian), or in several that were split and lie
 * side by side. Files are mapped, not read: opening takes milliseconds.
 *
 * <p>Ownership: the caller closes it. Threading: safe to share.
 */
public final class GgufFile implements AutoCloseable {
  private static final String SUFFIX = ".gguf";
  private static final String SPLIT_COUNT = "split.count";
  private static final String SPLIT_NUMBER = "split.no";
  private static final String SPLIT_TENSORS = "split.tensors.count";

  private final Path path;
  private final List<MappedFile> files = new ArrayList<>();
  private final List<GgufPart> parts = new ArrayList<>();
  private final Map<String, GgufTensor> tensors = new LinkedHashMap<>();

  private GgufFile(Path path) {
    this.path = path;
  }

  /**
   * Tells whether somebody who names a model by a path means a GGUF file, and no folder.
   *
   * @param path of a model
   * @return true if it is a file, or is named like one though there is none
   */
  public static boolean isMeantBy(Path path) {
    return Files.isRegularFile(path)
        || (path.toString().endsWith(SUFFIX) && !Files.isDirectory(path));
  }

  /**
   * Maps a file, with the other parts of the model if it was split, and reads the headers.
   *
   * @param path the file; of a split model the first, such as {@code name-00001-of-00003.gguf}
   * @return the file
   * @throws ModelException if a file is missing or malformed, or of another version, a tensor is
   *     there twice, or the parts do not belong together
   */
  public static GgufFile open(Path path) {
    GgufFile file = new GgufFile(path);
    try {
      GgufPart first = file.add(path);
      OptionalLong count = first.metadata().integer(SPLIT_COUNT);
      if (count.orElse(0) > 1) {
        file.addOthers(first, count.getAsLong());
      }
      return file;
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  /**
   * Returns the file.
   *
   * @return as given to {@link #open}
   */
  public Path path() {
    return path;
  }

  /**
   * Returns what the file says besides its tensors; of several files, the first does.
   *
   * @return values by key
   */
  public GgufMetadata metadata() {
    return parts.get(0).metadata();
  }

  /**
   * Returns the names of all tensors, in the words of the format.
   *
   * @return in the order of the files
   */
  public Set<String> tensorNames() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  /**
   * Returns how large the files are, headers included.
   *
   * @return bytes of all files together
   */
  public long byteSize() {
    return files.stream().mapToLong(MappedFile::byteSize).sum();
  }

  /** Unmaps the files as soon as no lease is left. Calling it twice does no harm. */
  @Override
  public void close() {
    files.forEach(MappedFile::close);
  }

  /** All tensors by name, in the order of the files. */
  Map<String, GgufTensor> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  private GgufPart add(Path file) {
    MappedFile mapped = MappedFile.open(file);
    files.add(mapped);
    GgufPart part = GgufPart.read(mapped);
    parts.add(part);
    for (GgufTensor tensor : part.tensors().values()) {
      GgufTensor before = tensors.put(tensor.name(), tensor);
      if (before != null) {
        throw new ModelException(
            ErrorCode.MALFORMED_FILE,
            "Tensor '"
                + tensor.name()
                + "' is in two files: '"
                + before.file().path()
                + "' and '"
                + file
                + "'.");
      }
    }
    return part;
  }

  private void addOthers(GgufPart first, long count) {
    SplitName name = SplitName.of(first, count);
    if (name.number() != 1) {
      throw new ModelException(
          ErrorCode.MALFORMED_FILE,
          path
              + " is part "
              + name.number()
              + " of "
              + count
              + "; expected the first, '"
              + name.sibling(1)
              + "'.");
    }
    for (int number = 1; number <= count; number++) {
      GgufPart part = number == 1 ? first : addPart(name.sibling(number));
      requireInteger(part, SPLIT_NUMBER, number - 1);
      requireInteger(part, SPLIT_COUNT, count);
    }
    requireInteger(first, SPLIT_TENSORS, tensors.size());
  }

  private GgufPart addPart(Path part) {
    if (!Files.isRegularFile(part)) {
      throw new ModelException(
          ErrorCode.MALFORMED_FILE,
          path + ": part '" + part + "' is missing; expected it beside the first.");
    }
    return add(part);
  }

  private static void requireInteger(GgufPart part, String key, long expected) {
    OptionalLong given = part.metadata().integer(key);
    if (given.orElse(-1) != expected) {
      throw part.metadata()
          .refused(
              key,
              given.isEmpty() ? "missing" : Long.toString(given.getAsLong()),
              Long.toString(expected));
    }
  }
}
