package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.BYTES;
import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import org.mla4j.core.cpu.simd.Lanes;

/** The gate of an MLP, {@code x / (1 + e^-x) * up}. */
final class Silu {
  /** Elements between two passes of the exponential; their scratch stays in the nearest cache. */
  private static final int CHUNK = 512;

  /** Scratch memory that {@link #multiply} needs. */
  static final long SCRATCH_BYTES = 4L * CHUNK + BYTES;

  /** One vector of zeros, then of sums that nobody needs. */
  private static final long ZEROS_AT = 4L * CHUNK;

  private Silu() {}

  /**
   * Computes {@code out = silu(gate) * up}; {@code out} may be {@code gate}.
   *
   * @param gate the gates
   * @param gateAt where they start
   * @param up what they let through
   * @param upAt where it starts
   * @param out takes the products
   * @param outAt where they go
   * @param width how many
   * @param scratch {@link #SCRATCH_BYTES} of scratch memory from its start on
   */
  static void multiply(
      MemorySegment gate,
      long gateAt,
      MemorySegment up,
      long upAt,
      MemorySegment out,
      long outAt,
      int width,
      MemorySegment scratch) {
    for (int from = 0; from < width; from += CHUNK) {
      int count = Math.min(CHUNK, width - from);
      negate(gate, gateAt + 4L * from, count, scratch);
      for (int lane = 0; lane < COUNT; lane++) {
        scratch.set(ValueLayout.JAVA_FLOAT_UNALIGNED, ZEROS_AT + 4L * lane, 0);
      }
      Exp.apply(scratch, 0, Lanes.roundUp(count), ZEROS_AT, ZEROS_AT);
      divide(
          gate, gateAt + 4L * from, up, upAt + 4L * from, out, outAt + 4L * from, count, scratch);
    }
  }

  private static void negate(MemorySegment x, long at, int count, MemorySegment scratch) {
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector.fromMemorySegment(FLOATS, x, at + 4L * i, ORDER)
          .neg()
          .intoMemorySegment(scratch, 4L * i, ORDER);
    }
    for (int i = whole; i < count; i++) {
      float value = x.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * i);
      scratch.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i, -value);
    }
  }

  private static void divide(
      MemorySegment gate,
      long gateAt,
      MemorySegment up,
      long upAt,
      MemorySegment out,
      long outAt,
      int count,
      MemorySegment exponentials) {
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector divisor =
          FloatVector.fromMemorySegment(FLOATS, exponentials, 4L * i, ORDER).add(1);
      FloatVector.fromMemorySegment(FLOATS, gate, gateAt + 4L * i, ORDER)
          .div(divisor)
          .mul(FloatVector.fromMemorySegment(FLOATS, up, upAt + 4L * i, ORDER))
          .intoMemorySegment(out, outAt + 4L * i, ORDER);
    }
    for (int i = whole; i < count; i++) {
      float divisor = exponentials.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i) + 1;
      float x = gate.get(ValueLayout.JAVA_FLOAT_UNALIGNED, gateAt + 4L * i);
      float y = up.get(ValueLayout.JAVA_FLOAT_UNALIGNED, upAt + 4L * i);
      out.set(ValueLayout.JAVA_FLOAT_UNALIGNED, outAt + 4L * i, x / divisor * y);
    }
  }
}
