package org.mla4j.tck.plain;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;

/** The rows of a step's value, read and written element by element wherever they lie. */
final class RowView {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final StepTensor tensor;
  private final MemorySegment memory;
  private final int[] extents;
  private final long[] strides;
  private final int width;
  private final long rowBytes;

  RowView(Bindings bindings, StepValue value, PlainContext context) {
    tensor = bindings.tensor(value);
    memory = tensor.tensor().segment();
    int rank = tensor.tensor().shape().rank() - 1;
    extents = new int[rank];
    strides = new long[rank];
    int elements = 1;
    for (int axis = 0; axis < rank; axis++) {
      extents[axis] = Math.toIntExact(tensor.tensor().shape().extent(axis + 1));
      strides[axis] = tensor.tensor().byteStride(axis + 1);
      elements *= extents[axis];
    }
    width = elements;
    rowBytes =
        context.wrong(Mistake.STRIDES_IGNORED)
            ? (long) width * dtype().byteSize()
            : tensor.rowBytes();
  }

  DType dtype() {
    return tensor.tensor().dtype();
  }

  MemorySegment memory() {
    return memory;
  }

  Rows rows() {
    return tensor.rows();
  }

  /** Elements of one row. */
  int width() {
    return width;
  }

  /** The outer extent of a row of two axes. */
  int outer() {
    return extents[0];
  }

  /** The inner extent of a row. */
  int inner() {
    return extents[extents.length - 1];
  }

  /** Rows there is memory for. */
  int capacity() {
    return Math.toIntExact(tensor.tensor().shape().extent(0));
  }

  /** Where the first row there is memory for starts. */
  long start() {
    return tensor.tensor().byteOffset();
  }

  /** From one row to the next. */
  long rowBytes() {
    return rowBytes;
  }

  /** Where a live row starts. */
  long at(StepDescription step, int row) {
    return tensor.offset(step) + row * rowBytes;
  }

  /** Where the row of a token starts. */
  long atToken(StepDescription step, int token) {
    return at(step, token - step.firstToken(rows()));
  }

  /** The token of a row. */
  int token(StepDescription step, int row) {
    return step.firstToken(rows()) + row;
  }

  /** Where an element of a row lies; elements are counted row-major. */
  long address(long row, int element) {
    long address = row;
    int rest = element;
    for (int axis = extents.length - 1; axis > 0; axis--) {
      address += rest % extents[axis] * strides[axis];
      rest /= extents[axis];
    }
    return extents.length == 0 ? address : address + rest * strides[0];
  }

  float get(long row, int element) {
    return memory.get(FLOAT, address(row, element));
  }

  void set(long row, int element, float number) {
    memory.set(FLOAT, address(row, element), number);
  }

  float get(long row, int outer, int inner) {
    return memory.get(FLOAT, row + outer * strides[0] + inner * strides[1]);
  }

  void set(long row, int outer, int inner, float number) {
    memory.set(FLOAT, row + outer * strides[0] + inner * strides[1], number);
  }

  int getInt(long row, int element) {
    return memory.get(INT, address(row, element));
  }

  void setInt(long row, int element, int number) {
    memory.set(INT, address(row, element), number);
  }
}
