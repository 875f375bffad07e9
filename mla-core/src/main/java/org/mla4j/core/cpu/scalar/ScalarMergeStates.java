package org.mla4j.core.cpu.scalar;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;

/** {@code merge_attention_states}: one task per token. */
final class ScalarMergeStates implements Kernel, ParallelFor.Body {
  private final LiveRows prefix;
  private final LiveRows prefixLse;
  private final LiveRows out;
  private final LiveRows lse;
  private final int heads;
  private final int width;
  private final ParallelFor parallel;

  ScalarMergeStates(MergeAttentionStates op, Bindings bindings, CpuContext context) {
    prefix = new LiveRows(bindings.tensor(op.prefix()));
    prefixLse = new LiveRows(bindings.tensor(op.prefixLse()));
    out = new LiveRows(bindings.tensor(op.out()));
    lse = new LiveRows(bindings.tensor(op.lse()));
    heads = Math.toIntExact(op.out().rowShape().extent(0));
    width = Math.toIntExact(op.out().rowShape().extent(1));
    parallel = context.engine().parallel();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    prefix.begin(step);
    prefixLse.begin(step);
    out.begin(step);
    lse.begin(step);
    parallel.run(out.count(), this);
  }

  @Override
  public void run(int row, int worker) {
    for (int head = 0; head < heads; head++) {
      merge(row, head);
    }
  }

  private void merge(int row, int head) {
    double before = keyless(prefixLse.get(row, head));
    double after = keyless(lse.get(row, head));
    double largest = Math.max(before, after);
    if (before == Double.NEGATIVE_INFINITY) {
      // Nothing to add; the output is left alone bit for bit, unless there were no keys at all.
      lse.set(row, head, after);
      for (int i = 0; largest == before && i < width; i++) {
        out.set(row, head, i, 0);
      }
      return;
    }
    double p = Math.exp(before - largest);
    double s = Math.exp(after - largest);
    for (int i = 0; i < width; i++) {
      // Not 0 times what a side without keys holds: that need not be a number.
      double suffix = s == 0 ? 0 : s * out.get(row, head, i);
      out.set(row, head, i, (p * prefix.get(row, head, i) + suffix) / (p + s));
    }
    lse.set(row, head, Math.log(p + s) + largest);
  }

  /** Some kernels say plus infinity where there were no keys. */
  private static double keyless(double lse) {
    return lse == Double.POSITIVE_INFINITY ? Double.NEGATIVE_INFINITY : lse;
  }
}
