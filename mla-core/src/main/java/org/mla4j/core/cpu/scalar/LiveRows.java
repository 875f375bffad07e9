package org.mla4j.core.cpu.scalar;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.step.StepDescription;

/** The rows of a bound tensor that are live in the current step. Row 0 is the first live one. */
final class LiveRows {
  private final StepTensor tensor;
  private final MemorySegment segment;
  private final long rowBytes;
  private final long headBytes;
  private long start;
  private int count;

  LiveRows(StepTensor tensor) {
    this.tensor = tensor;
    segment = tensor.tensor().segment();
    rowBytes = tensor.rowBytes();
    headBytes = tensor.tensor().byteStride(1);
  }

  /** Moves to the rows that are live in a step. */
  void begin(StepDescription step) {
    start = tensor.offset(step);
    count = tensor.count(step);
  }

  int count() {
    return count;
  }

  float get(int row, int column) {
    return segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, offset(row, column));
  }

  float get(int row, int head, int column) {
    return segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, offset(row, head, column));
  }

  int getInt(int row, int column) {
    return segment.get(ValueLayout.JAVA_INT_UNALIGNED, offset(row, column));
  }

  void set(int row, int column, double value) {
    segment.set(ValueLayout.JAVA_FLOAT_UNALIGNED, offset(row, column), (float) value);
  }

  void set(int row, int head, int column, double value) {
    segment.set(ValueLayout.JAVA_FLOAT_UNALIGNED, offset(row, head, column), (float) value);
  }

  /** Writes the start of a row. */
  void set(int row, float[] values, int width) {
    MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_FLOAT_UNALIGNED, offset(row), width);
  }

  /** Reads the start of a row into an array, from an index on. */
  void get(int row, float[] into, int from, int width) {
    MemorySegment.copy(segment, ValueLayout.JAVA_FLOAT_UNALIGNED, offset(row), into, from, width);
  }

  /** Reads a head into an array, from an index on. */
  void get(int row, int head, float[] into, int from, int width) {
    long at = offset(row, head, 0);
    MemorySegment.copy(segment, ValueLayout.JAVA_FLOAT_UNALIGNED, at, into, from, width);
  }

  void setInt(int row, int column, int value) {
    segment.set(ValueLayout.JAVA_INT_UNALIGNED, offset(row, column), value);
  }

  /** The dot product of the first {@code width} elements of a row with those of an array. */
  double dot(int row, float[] other, int width) {
    double sum = 0;
    for (int i = 0; i < width; i++) {
      sum += (double) get(row, i) * other[i];
    }
    return sum;
  }

  /** The dot product of a head's {@code width} elements with those of an array from an index on. */
  double dot(int row, int head, float[] other, int from, int width) {
    double sum = 0;
    for (int i = 0; i < width; i++) {
      sum += (double) get(row, head, i) * other[from + i];
    }
    return sum;
  }

  MemorySegment segment() {
    return segment;
  }

  /** Where a row starts in {@link #segment()}. */
  long offset(int row) {
    return start + row * rowBytes;
  }

  private long offset(int row, int column) {
    return offset(row) + (long) column * Float.BYTES;
  }

  private long offset(int row, int head, int column) {
    return offset(row) + head * headBytes + (long) column * Float.BYTES;
  }
}
