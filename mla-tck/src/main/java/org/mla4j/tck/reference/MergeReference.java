package org.mla4j.tck.reference;

import org.mla4j.api.op.MergeAttentionStates;

/** The union of two sets of keys. */
final class MergeReference {
  private MergeReference() {}

  static void merge(MergeAttentionStates op, StepMemory memory) {
    int heads = op.lse().rowWidth();
    int width = op.out().rowWidth() / heads;
    for (int row = 0; row < memory.rows(op.out()); row++) {
      double[] prefix = memory.row(op.prefix(), row);
      double[] out = memory.row(op.out(), row);
      double[] prefixLse = memory.row(op.prefixLse(), row);
      double[] lse = memory.row(op.lse(), row);
      for (int head = 0; head < heads; head++) {
        double before = noKeysIfInfinite(prefixLse[head]);
        double after = noKeysIfInfinite(lse[head]);
        double largest = Math.max(before, after);
        if (largest == Double.NEGATIVE_INFINITY) {
          java.util.Arrays.fill(out, head * width, (head + 1) * width, 0);
          lse[head] = largest;
          continue;
        }
        double p = Math.exp(before - largest);
        double s = Math.exp(after - largest);
        for (int i = head * width; i < (head + 1) * width; i++) {
          out[i] = p == 0 ? out[i] : s == 0 ? prefix[i] : (p * prefix[i] + s * out[i]) / (p + s);
        }
        lse[head] = Math.log(p + s) + largest;
      }
      memory.setRow(op.out(), row, out);
      memory.setRow(op.lse(), row, lse);
    }
  }

  private static double noKeysIfInfinite(double lse) {
    return lse == Double.POSITIVE_INFINITY ? Double.NEGATIVE_INFINITY : lse;
  }
}
