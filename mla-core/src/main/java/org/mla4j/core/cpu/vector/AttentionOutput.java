package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.StepValue;

/** Where attention writes: an output for each token and head, and its log-sum-exp if wanted. */
final class AttentionOutput {
  private final Operand out;
  private final @Nullable Operand lse;
  private final int heads;
  private final int width;

  AttentionOutput(StepValue out, @Nullable StepValue lse, Bindings bindings) {
    this.out = Operand.of(bindings.tensor(out));
    this.lse = lse == null ? null : Operand.of(bindings.tensor(lse));
    heads = Math.toIntExact(out.rowShape().extent(0));
    width = Math.toIntExact(out.rowShape().extent(1));
  }

  void begin(StepDescription step) {
    out.begin(step);
    if (lse != null) {
      lse.begin(step);
    }
  }

  int rows() {
    return out.count();
  }

  int heads() {
    return heads;
  }

  /** Elements of a value. */
  int width() {
    return width;
  }

  /** Writes the complete result of a token and head. */
  void write(int row, int head, MemorySegment partial, long partialAt) {
    Partial.divide(partial, partialAt, width, out.segment(), out.at(row) + out.headShift(head));
    if (lse != null) {
      writeLse(lse, row, head, Partial.logSumExp(partial, partialAt, width));
    }
  }

  /** Writes what tokens without keys get. */
  void writeZeros() {
    for (int row = 0; row < rows(); row++) {
      for (int head = 0; head < heads; head++) {
        writeZeros(row, head);
      }
    }
  }

  /** Writes what a token without keys gets for a head. */
  void writeZeros(int row, int head) {
    long at = out.at(row) + out.headShift(head);
    for (int i = 0; i < width; i++) {
      out.segment().set(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * i, 0);
    }
    if (lse != null) {
      writeLse(lse, row, head, Float.NEGATIVE_INFINITY);
    }
  }

  private static void writeLse(Operand lse, int row, int head, float value) {
    lse.segment().set(ValueLayout.JAVA_FLOAT_UNALIGNED, lse.at(row) + lse.headShift(head), value);
  }
}
