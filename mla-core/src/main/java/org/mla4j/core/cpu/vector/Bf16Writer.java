package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.INTS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;
import static org.mla4j.core.cpu.simd.Lanes.SHORTS;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.mla4j.api.tensor.BFloat16;

/** The upper halves of floats: what is cut off rounds to the nearest, ties to even. */
record Bf16Writer() implements CellWriter {
  private static final int MAGNITUDE = 0x7FFFFFFF;
  private static final int INFINITY = 0x7F800000;
  private static final int BELOW_HALF = 0x7FFF;
  private static final int QUIET = 0x40;

  @Override
  public void write(MemorySegment row, long rowAt, int length, MemorySegment cells, long cellsAt) {
    int whole = FLOATS.loopBound(length);
    for (int i = 0; i < whole; i += COUNT) {
      IntVector bits = IntVector.fromMemorySegment(INTS, row, rowAt + 4L * i, ORDER);
      IntVector upper = bits.lanewise(VectorOperators.LSHR, 16);
      VectorMask<Integer> nan = bits.and(MAGNITUDE).compare(VectorOperators.GT, INFINITY);
      IntVector rounded = bits.add(BELOW_HALF).add(upper.and(1)).lanewise(VectorOperators.LSHR, 16);
      ((ShortVector)
              rounded.blend(upper.or(QUIET), nan).convertShape(VectorOperators.I2S, SHORTS, 0))
          .intoMemorySegment(cells, cellsAt + 2L * i, ORDER);
    }
    for (int i = whole; i < length; i++) {
      float value = row.get(ValueLayout.JAVA_FLOAT_UNALIGNED, rowAt + 4L * i);
      short upper = BFloat16.fromFloat(value);
      cells.set(ValueLayout.JAVA_SHORT_UNALIGNED, cellsAt + 2L * i, upper);
    }
  }
}
