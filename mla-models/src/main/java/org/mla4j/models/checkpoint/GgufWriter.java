package org.mla4j.models.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.tensor.BlockCodec;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.api.weight.WeightLease;

/**
 * Writes a GGUF file of version 3: metadata and tensors are named first, then everything is written
 * in one pass. The file appears under its name only when it is complete.
 *
 * <p>Threading: used by one thread.
 */
public final class GgufWriter {
  private static final String PHASE = "tensors written";

  /** A tensor to be written. */
  private record Entry(String name, DType dtype, Shape shape, Content content) {
    long bytes() {
      return dtype.byteCount(shape.elements());
    }
  }

  /** Writes the elements of a tensor. */
  private interface Content {
    void writeTo(GgufEncoder encoder) throws IOException;
  }

  private final Map<String, Object> metadata = new LinkedHashMap<>();
  private final Map<String, Entry> tensors = new LinkedHashMap<>();

  /** Makes a writer of a file with no metadata and no tensors. */
  public GgufWriter() {}

  /**
   * Adds a value, in place of the one that the key had.
   *
   * @param key for example {@code general.name}
   * @param value a {@code String}, {@code Boolean}, {@code Integer} (32 bits, unsigned unless it is
   *     negative), {@code Long} (64 bits, the same), {@code Float}, {@code Double}, {@code
   *     List<String>}, {@code int[]} or {@code float[]}
   * @return this writer
   * @throws InvalidInputException if the value is of another class
   */
  public GgufWriter metadata(String key, Object value) {
    GgufEncoder.requireKnown(key, value);
    metadata.put(key, value);
    return this;
  }

  /**
   * Adds a tensor behind the others.
   *
   * @param name in the words of llama.cpp
   * @param dtype how it is to be stored: F32, F16, BF16, Q8_0 or Q4_0
   * @param shape outermost extent first, at most four
   * @param rows its values, asked for when the file is written; a tensor of one axis is one row
   * @return this writer
   * @throws InvalidInputException if the name is there already, the type cannot be written, or rows
   *     are no whole number of blocks
   */
  public GgufWriter tensor(String name, DType dtype, Shape shape, RowSource rows) {
    boolean written =
        dtype == DType.F32
            || dtype == DType.F16
            || dtype == DType.BF16
            || BlockCodec.canEncode(dtype);
    boolean whole =
        shape.rank() > 0 && shape.rank() <= 4 && shape.extent(-1) % dtype.blockElements() == 0;
    if (!written || !whole || tensors.containsKey(name)) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Tensor '"
              + name
              + "', "
              + dtype
              + " "
              + shape
              + ", cannot be written; expected a name that is new, one of F32, F16, BF16, Q8_0,"
              + " Q4_0, 1 to 4 axes and rows of whole blocks.");
    }
    Content content = encoder -> new RowEncoder(encoder, name, dtype, shape).writeAll(rows);
    tensors.put(name, new Entry(name, dtype, shape, content));
    return this;
  }

  /** Adds a tensor made of plain weights of this very type, one after another. */
  void copy(String name, DType dtype, Shape shape, List<WeightHandle> parts) {
    Content content =
        encoder -> {
          for (WeightHandle part : parts) {
            try (WeightLease lease = part.lease()) {
              Tensor tensor = lease.tensor();
              encoder.putBytes(
                  tensor
                      .segment()
                      .asSlice(tensor.byteOffset(), dtype.byteCount(tensor.shape().elements())));
            }
          }
        };
    tensors.put(name, new Entry(name, dtype, shape, content));
  }

  /**
   * Writes the file. One that is there under this name is replaced.
   *
   * @param file where to
   * @param progress told how many tensors are done
   * @return bytes of the file
   * @throws InvalidInputException if the file cannot be written, rows are not as many or as long as
   *     their tensor's shape says, or a value is beyond the range of its type
   */
  public long write(Path file, ProgressListener progress) {
    Path unfinished = file.resolveSibling(file.getFileName() + ".part");
    try {
      long bytes = writeAll(unfinished, progress);
      Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
      return bytes;
    } catch (IOException e) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST, "Cannot write '" + file + "': " + e + ".", e);
    } finally {
      discard(unfinished);
    }
  }

  private long writeAll(Path file, ProgressListener progress) throws IOException {
    try (FileChannel channel =
            FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
        GgufEncoder encoder = new GgufEncoder(channel)) {
      encoder.putInt(GgufPart.MAGIC);
      encoder.putInt(GgufPart.VERSION);
      encoder.putLong(tensors.size());
      encoder.putLong(metadata.size());
      for (Map.Entry<String, Object> entry : metadata.entrySet()) {
        encoder.putString(entry.getKey());
        encoder.putValue(entry.getValue());
      }
      long offset = 0;
      for (Entry tensor : tensors.values()) {
        putInfo(encoder, tensor, offset);
        offset = aligned(offset + tensor.bytes());
      }
      encoder.pad(GgufPart.DEFAULT_ALIGNMENT);
      List<Entry> all = new ArrayList<>(tensors.values());
      for (int i = 0; i < all.size(); i++) {
        Entry tensor = all.get(i);
        tensor.content().writeTo(encoder);
        encoder.pad(GgufPart.DEFAULT_ALIGNMENT);
        progress.progress(PHASE, i + 1L, all.size());
      }
      return encoder.position();
    }
  }

  private static void putInfo(GgufEncoder encoder, Entry tensor, long offset) throws IOException {
    Shape shape = tensor.shape();
    encoder.putString(tensor.name());
    encoder.putInt(shape.rank());
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      encoder.putLong(shape.extent(axis));
    }
    encoder.putInt(GgufType.of(tensor.dtype()).orElseThrow().number());
    encoder.putLong(offset);
  }

  private static long aligned(long offset) {
    int alignment = GgufPart.DEFAULT_ALIGNMENT;
    return Math.ceilDiv(offset, alignment) * alignment;
  }

  private static void discard(Path unfinished) {
    try {
      Files.deleteIfExists(unfinished);
    } catch (IOException e) {
      // What went wrong before, if anything did, says more than this.
    }
  }
}
