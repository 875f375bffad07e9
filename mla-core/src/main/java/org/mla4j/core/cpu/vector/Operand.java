package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.step.StepDescription;

/**
 * Rows of floats that a kernel reads or writes: the live rows of a step's tensor, or rows in
 * scratch memory. Row 0 is the first one; the elements of a row, or of a head in it, lie side by
 * side.
 */
final class Operand {
  private final @Nullable StepTensor tensor;
  private final long rowBytes;
  private final long headBytes;
  private final int @Nullable [] order;
  private MemorySegment segment = MemorySegment.NULL;
  private long start;
  private int count;

  private Operand(
      @Nullable StepTensor tensor, long rowBytes, long headBytes, int @Nullable [] order) {
    this.tensor = tensor;
    this.rowBytes = rowBytes;
    this.headBytes = headBytes;
    this.order = order;
  }

  /** The rows of a step's tensor, {@code [T, width]} or {@code [T, heads, width]}. */
  static Operand of(StepTensor tensor) {
    return new Operand(tensor, tensor.rowBytes(), tensor.tensor().byteStride(1), null);
  }

  /** Dense rows of so many floats, to be {@linkplain #place placed} somewhere. */
  static Operand dense(int width) {
    return new Operand(null, 4L * width, 4, null);
  }

  /** Row {@code order[i]} of a step's tensor as row {@code i}. */
  static Operand gathered(StepTensor tensor, int[] order) {
    return new Operand(tensor, tensor.rowBytes(), tensor.tensor().byteStride(1), order);
  }

  /** Moves to the rows of a step's tensor that are live. */
  void begin(StepDescription step) {
    if (tensor != null) {
      segment = tensor.tensor().segment();
      start = tensor.offset(step);
      count = tensor.count(step);
    }
  }

  /** Says where the rows are. */
  void place(MemorySegment segment, long start) {
    this.segment = segment;
    this.start = start;
  }

  MemorySegment segment() {
    return segment;
  }

  /** How many rows of the step's tensor are live. */
  int count() {
    return count;
  }

  /** Where a row starts. */
  long at(int row) {
    return start + rowBytes * (order == null ? row : order[row]);
  }

  /** Bytes from the start of a row to the start of a head. */
  long headShift(int head) {
    return headBytes * head;
  }
}
