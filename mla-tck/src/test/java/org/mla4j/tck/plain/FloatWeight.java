package org.mla4j.tck.plain;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.tensor.Shape;

/** A weight widened to F32, as rows of its innermost axis. */
final class FloatWeight {
  private final MemorySegment memory;
  private final int rows;
  private final int columns;

  FloatWeight(MemorySegment memory, Shape shape) {
    this.memory = memory;
    this.columns = Math.toIntExact(shape.extent(-1));
    this.rows = Math.toIntExact(shape.elements() / Math.max(columns, 1));
  }

  int rows() {
    return rows;
  }

  int columns() {
    return columns;
  }

  float get(int column) {
    return get(0, column);
  }

  float get(int row, int column) {
    return memory.getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * columns + column);
  }

  void set(int row, int column, float number) {
    memory.setAtIndex(ValueLayout.JAVA_FLOAT, (long) row * columns + column, number);
  }

  /** The product of a row with the first numbers of a workspace. */
  double dot(int row, Workspace x, int worker) {
    double sum = 0;
    for (int i = 0; i < columns; i++) {
      sum += (double) get(row, i) * x.get(worker, i);
    }
    return sum;
  }
}
