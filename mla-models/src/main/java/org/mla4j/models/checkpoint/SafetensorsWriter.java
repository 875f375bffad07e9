package org.mla4j.models.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.api.weight.WeightLease;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a safetensors file tensor by tensor, in the order in which they were announced; memory is
 * needed for one tensor at a time.
 *
 * <p>Threading: one thread at a time.
 */
public final class SafetensorsWriter implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  /** One write takes less than 2 GiB. */
  private static final long LARGEST_WRITE = 1 << 30;

  /**
   * A tensor to come.
   *
   * @param name its name
   * @param dtype F32, BF16, F16 or F8_E4M3
   * @param shape its shape
   */
  public record Announced(String name, DType dtype, Shape shape) {
    private long bytes() {
      return dtype.byteCount(shape.elements());
    }
  }

  private final Path file;
  private final FileChannel channel;
  private final Iterator<Announced> pending;

  private SafetensorsWriter(Path file, FileChannel channel, List<Announced> tensors) {
    this.file = file;
    this.channel = channel;
    pending = List.copyOf(tensors).iterator();
  }

  /**
   * Creates a file and writes its header.
   *
   * @param file does not exist yet
   * @param tensors all tensors, in the order in which they will be written
   * @return the writer; the caller closes it
   * @throws IOException if the file exists or cannot be written
   */
  public static SafetensorsWriter create(Path file, List<Announced> tensors) throws IOException {
    ObjectNode header = JSON.createObjectNode();
    header.putObject("__metadata__").put("format", "pt");
    long offset = 0;
    for (Announced tensor : tensors) {
      ObjectNode entry = header.putObject(tensor.name());
      entry.put("dtype", tensor.dtype().name());
      ArrayNode shape = entry.putArray("shape");
      for (long extent : tensor.shape().toArray()) {
        shape.add(extent);
      }
      entry.putArray("data_offsets").add(offset).add(offset + tensor.bytes());
      offset += tensor.bytes();
    }
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    // Padded with spaces, as the format allows, so that F32 data are aligned.
    int length = Math.ceilDiv(json.length, 8) * 8;
    byte[] text = Arrays.copyOf(json, length);
    Arrays.fill(text, json.length, length, (byte) ' ');
    ByteBuffer start = ByteBuffer.allocate(Long.BYTES + length).order(ByteOrder.LITTLE_ENDIAN);
    start.putLong(length).put(text).flip();
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    SafetensorsWriter writer = new SafetensorsWriter(file, channel, tensors);
    try {
      writer.writeAll(start);
      return writer;
    } catch (IOException | RuntimeException | Error e) {
      channel.close();
      throw e;
    }
  }

  /**
   * Writes the next tensor: a weight in the announced type; copied as stored if that is its own.
   *
   * @param weight the weight, of the announced shape
   */
  public void write(WeightHandle weight) {
    Announced next = next(weight.name(), weight.shape());
    if (weight.isPlain() && weight.dtype() == next.dtype()) {
      try (WeightLease lease = weight.lease()) {
        Tensor stored = lease.tensor();
        writeBytes(stored.segment().asSlice(stored.byteOffset(), next.bytes()));
      }
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(Math.max(1, next.bytes()));
      weight.materialise(Tensor.dense(next.dtype(), next.shape(), memory));
      writeBytes(memory.asSlice(0, next.bytes()));
    }
  }

  /**
   * Writes the next tensor.
   *
   * @param name its name, as announced
   * @param shape its shape, as announced
   * @param values its elements, row-major; rounded to the announced type
   * @throws org.mla4j.api.error.InvalidInputException if one is beyond the range of that type
   */
  public void write(String name, Shape shape, float[] values) {
    Announced next = next(name, shape);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(Math.max(1, next.bytes()));
      new ElementWriter(name, shape, Tensor.dense(next.dtype(), shape, memory))
          .write(values, values.length, 0);
      writeBytes(memory.asSlice(0, next.bytes()));
    }
  }

  /**
   * Closes the file.
   *
   * @throws IllegalStateException if an announced tensor was not written
   */
  public void finish() {
    if (pending.hasNext()) {
      throw new IllegalStateException(file + ": tensor '" + pending.next().name() + "' is missing");
    }
    close();
  }

  /** Closes the file, finished or not. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Announced next(String name, Shape shape) {
    Announced next = pending.hasNext() ? pending.next() : null;
    if (next == null || !next.name().equals(name) || !next.shape().equals(shape)) {
      throw new IllegalArgumentException(
          file + ": tensor '" + name + "' " + shape + " was written; announced was " + next);
    }
    return next;
  }

  private void writeBytes(MemorySegment bytes) {
    try {
      for (long from = 0; from < bytes.byteSize(); from += LARGEST_WRITE) {
        long count = Math.min(LARGEST_WRITE, bytes.byteSize() - from);
        writeAll(bytes.asSlice(from, count).asByteBuffer());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void writeAll(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
