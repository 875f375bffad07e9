package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.BYTES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.Tensor;

/** The rows of a cache by sequence and position. */
final class CacheRows {
  private static final long LINE = 64;

  private final MemorySegment segment;
  private final long start;
  private final CellFormat format;
  private final CellWriter writer;
  private final int blockSize;
  private final int width;
  private final boolean empty;

  /** Reads and writes a cache {@code [blocks, blockSize, width]}. */
  CacheRows(Tensor cache, CacheSpec spec) {
    segment = cache.segment();
    start = cache.byteOffset();
    format = CellFormat.of(spec);
    writer = CellWriter.of(spec);
    blockSize = Math.toIntExact(cache.shape().extent(1));
    width = Math.toIntExact(cache.shape().extent(2));
    empty = cache.shape().elements() == 0;
  }

  /** Whether there is nothing to read. */
  boolean isEmpty() {
    return empty;
  }

  /** Elements of a row. */
  int width() {
    return width;
  }

  /** Copies whole rows as floats, the last vector of each filled with zeros. */
  void widen(
      StepDescription step,
      int sequence,
      int position,
      int count,
      MemorySegment out,
      long outAt,
      long stride) {
    widen(step, sequence, position, count, 0, width, out, outAt, stride);
  }

  /**
   * Copies a part of rows as floats, the last vector of each filled with zeros.
   *
   * @param step the step
   * @param sequence whose rows
   * @param position of the first row
   * @param count how many rows
   * @param first first element of the part
   * @param length elements of the part
   * @param out takes them
   * @param outAt where the first one goes
   * @param stride bytes from row to row
   */
  void widen(
      StepDescription step,
      int sequence,
      int position,
      int count,
      int first,
      int length,
      MemorySegment out,
      long outAt,
      long stride) {
    long rowBytes = (long) width * format.elementBytes();
    int end = position + count;
    long to = outAt;
    for (int next = position; next < end; ) {
      int inBlock = next % blockSize;
      int run = Math.min(blockSize - inBlock, end - next);
      long row = (long) step.block(sequence, next / blockSize) * blockSize + inBlock;
      long at = start + row * rowBytes + (long) first * format.elementBytes();
      touch(at, (run - 1) * rowBytes + (long) length * format.elementBytes(), out, to);
      for (int i = 0; i < run; i++) {
        format.widen(segment, at + i * rowBytes, length, out, to, BYTES);
        to += stride;
      }
      next += run;
    }
  }

  /**
   * Writes a part of a row.
   *
   * @param slot which row
   * @param first first element of the part
   * @param length elements of the part
   * @param from where the floats are
   * @param at where they start
   */
  void write(long slot, int first, int length, MemorySegment from, long at) {
    long to = start + (slot * width + first) * format.elementBytes();
    writer.write(from, at, length, segment, to);
  }

  /**
   * Reads a byte of every cache line, nothing else: the processor then waits for many lines at
   * once, which rows that are converted one by one do not let it do.
   *
   * @param at first byte
   * @param bytes how many there are
   * @param out takes the sum of what was read: so that it is read
   * @param outAt where it goes; overwritten later
   */
  private void touch(long at, long bytes, MemorySegment out, long outAt) {
    int lines = (int) (bytes / LINE);
    int sum = 0;
    for (int i = 0; i < lines; i++) {
      sum += segment.get(ValueLayout.JAVA_BYTE, at + LINE * i);
    }
    out.set(ValueLayout.JAVA_BYTE, outAt, (byte) sum);
  }
}
