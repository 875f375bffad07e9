package org.mla4j.tck.reference;

import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.step.StepDescription;

/** Grouped-query attention over a paged cache. */
final class GqaReference {
  private GqaReference() {}

  static void attend(GqaAttention op, StepMemory memory) {
    StepDescription step = memory.step();
    write(op, memory);
    int heads = Math.toIntExact(op.q().rowShape().extent(0));
    int groups = Math.toIntExact(op.k().rowShape().extent(0));
    int width = op.q().rowWidth() / heads;
    int value = op.out().rowWidth() / heads;
    double[][] keys = {};
    int keysOf = -1;
    for (int row = 0; row < memory.rows(op.q()); row++) {
      int token = memory.token(op.q(), row);
      double[] out = new double[heads * value];
      if (!step.isProfiling()) {
        int sequence = step.sequenceOf(token);
        if (sequence != keysOf) {
          keys =
              AttentionReference.cached(
                  op.cache(), sequence, step.sequenceLength(sequence), memory);
          keysOf = sequence;
        }
        double[] q = memory.row(op.q(), row);
        int count = step.position(token) + 1;
        for (int head = 0; head < heads; head++) {
          int group = head / (heads / groups);
          double[] scores = new double[count];
          for (int j = 0; j < count; j++) {
            scores[j] = op.scale() * Algebra.dot(q, head * width, keys[j], group * width, width);
          }
          var result = Softmax.attend(scores, keys, groups * width + group * value, value);
          System.arraycopy(result.out(), 0, out, head * value, value);
        }
      }
      memory.setRow(op.out(), row, out);
    }
  }

  private static void write(GqaAttention op, StepMemory memory) {
    StepDescription step = memory.step();
    for (int row = 0; step.hasSlotMapping() && row < memory.rows(op.k()); row++) {
      long slot = step.slot(memory.token(op.k(), row));
      if (slot >= 0) {
        double[] k = memory.row(op.k(), row);
        double[] v = memory.row(op.v(), row);
        for (int i = 0; i < k.length; i++) {
          memory.cache(op.cache(), slot, i, k[i]);
        }
        for (int i = 0; i < v.length; i++) {
          memory.cache(op.cache(), slot, k.length + i, v[i]);
        }
      }
    }
  }
}
