package org.mla4j.models.checkpoint;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.weight.WeightHandle;

/**
 * The weights of a model, by the names that the Hugging Face Hub gives them: in a folder, {@code
 * model.safetensors} or the shards that {@code model.safetensors.index.json} lists; or in a GGUF
 * file, whose own names are translated. Files are mapped, not read.
 *
 * <p>Closing it stops new weights from being taken; files stay mapped until the last lease on them
 * is closed. Threading: safe to share.
 */
public final class Checkpoint implements AutoCloseable {
  /** What the name of a weight is followed by in that of its block scales. */
  public static final String SCALE_SUFFIX = "_scale_inv";

  private final Path folder;
  private final WeightFiles files;
  private final Map<String, WeightHandle> handles = new HashMap<>();
  private boolean closed;

  private Checkpoint(Path folder, WeightFiles files) {
    this.folder = folder;
    this.files = files;
  }

  /**
   * Maps the files and reads their headers. Where a folder has both forms, the single file counts.
   *
   * @param folder holds the files; or a GGUF file, of a split model the first
   * @return the checkpoint
   * @throws ModelException if a file is missing, malformed, or lies outside the folder, or a tensor
   *     is there twice, or is none of a model that is known
   */
  public static Checkpoint open(Path folder) {
    return new Checkpoint(
        folder,
        GgufFile.isMeantBy(folder) ? GgufWeights.open(folder) : SafetensorsFiles.open(folder));
  }

  /**
   * Returns the folder, or the GGUF file.
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
    return files.byteSize();
  }

  /**
   * A tensor in a file.
   *
   * @param name in the words of the file
   * @param type its element type, in the words of the format
   * @param shape its shape
   * @param bytes how many bytes it has
   */
  public record Contained(String name, String type, Shape shape, long bytes) {}

  /**
   * Returns what the files contain.
   *
   * @return all tensors, in the order of the files
   */
  public List<Contained> contents() {
    return stored().stream()
        .map(each -> new Contained(each.name(), each.type(), each.shape(), each.bytes()))
        .toList();
  }

  /** All tensors as they are stored, in the order of the files. */
  List<StoredTensor> stored() {
    return files.stored();
  }

  /**
   * Returns the names of all tensors.
   *
   * @return in the order of the files
   */
  public Set<String> names() {
    return files.names();
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
    return files.names().contains(name)
        ? Optional.of(handles.computeIfAbsent(name, files::handle))
        : Optional.empty();
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
                    + NearestNames.of(name, files.names())
                    + "."));
  }

  /** Unmaps the files as soon as no lease is left. Calling it twice does no harm. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      files.close();
    }
  }
}
