package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.tensor.DType;

/**
 * F32, BF16 and F16. Of F32 a float per row for each column; of the others an int per row for each
 * two columns, the first one in its lower half.
 */
final class FloatCode extends BlockCode {
  private static final int BLOCK = 16;
  private static final int UPPER = 0xFFFF0000;

  private final DType dtype;
  private final int elementBytes;
  private int blockAt;
  private int pair;
  private int upperHalf;

  @SuppressWarnings("NullAway.Init") // set by prepare
  private Halves halves;

  FloatCode(DType dtype) {
    this.dtype = dtype;
    elementBytes = dtype.byteSize();
  }

  @Override
  int columns() {
    return BLOCK;
  }

  @Override
  long bytes(int blocks) {
    return (long) blocks * BLOCK * PackedMatrix.GROUP * elementBytes;
  }

  @Override
  void prepare(VectorCode code) {
    if (dtype == DType.F16) {
      halves = new Halves(code);
    } else if (dtype == DType.BF16) {
      upperHalf = code.constant(UPPER);
    }
  }

  @Override
  void begin(VectorCode code, Place place) {
    blockAt = code.newLong();
    pair = code.newVector();
    code.plain().iload(place.block()).i2l().loadConstant(bytes(1)).lmul();
    code.plain().lload(place.at()).ladd().lstore(blockAt);
  }

  @Override
  void raw(VectorCode code, Place place, int column) {
    if (dtype == DType.F32) {
      code.loadFloats(place.group(), blockAt, 64L * column, place.lane());
      return;
    }
    boolean upper = column % 2 == 1;
    if (!upper) {
      code.loadInts(place.group(), blockAt, 32L * column, place.lane()).set(pair);
    }
    code.get(pair);
    if (dtype == DType.F16) {
      halves.of(code, upper);
    } else {
      (upper ? code.get(upperHalf).and() : code.shift(16)).asFloats();
    }
  }

  @Override
  boolean knows(MemorySegment rows, long elements) {
    return dtype != DType.F16 || Halves.areFinite(rows, 0, elementBytes, elements);
  }

  @Override
  void pack(MemorySegment rows, long rowsAt, int count, int columns, MemorySegment group, long at) {
    for (int row = 0; row < count; row++) {
      long from = rowsAt + (long) elementBytes * row * columns;
      for (int column = 0; column < columns; column++) {
        if (dtype == DType.F32) {
          float value = rows.get(ValueLayout.JAVA_FLOAT_UNALIGNED, from + 4L * column);
          group.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 64L * column + 4L * row, value);
        } else {
          long to = at + 64L * (column / 2) + 4L * row + 2L * (column % 2);
          short value = rows.get(ValueLayout.JAVA_SHORT_UNALIGNED, from + 2L * column);
          group.set(ValueLayout.JAVA_SHORT_UNALIGNED, to, value);
        }
      }
    }
  }
}
