package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.step.StepDescription;

/** Joins attention over two sets of keys. */
final class MergeKernel extends RowKernel {
  private final RowView prefix;
  private final RowView prefixLse;
  private final RowView out;
  private final RowView lse;
  private final boolean keepsInfinity;
  private final boolean divides;
  private final boolean swaps;

  MergeKernel(MergeAttentionStates op, Bindings bindings, PlainContext context) {
    super(context, op.out().rows());
    prefix = new RowView(bindings, op.prefix(), context);
    prefixLse = new RowView(bindings, op.prefixLse(), context);
    out = new RowView(bindings, op.out(), context);
    lse = new RowView(bindings, op.lse(), context);
    keepsInfinity = context.wrong(Mistake.INFINITE_LSE_KEPT);
    divides = context.wrong(Mistake.EMPTY_MERGE_NAN);
    swaps = context.wrong(Mistake.MERGE_WEIGHTS_SWAPPED);
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    for (int head = 0; head < out.outer(); head++) {
      double before = keys(prefixLse.get(prefixLse.at(step, row), head));
      double own = keys(lse.get(lse.at(step, row), head));
      boolean noneBefore = before == Double.NEGATIVE_INFINITY;
      boolean noneOwn = own == Double.NEGATIVE_INFINITY;
      if (noneBefore && noneOwn && !divides) {
        none(step, row, head);
      } else if (noneOwn && !noneBefore) {
        take(step, row, head);
      } else if (!noneBefore || noneOwn) {
        mix(step, row, head, before, own);
      }
    }
  }

  /** A log-sum-exp; minus infinity if there are no keys. */
  private double keys(float logSumExp) {
    return logSumExp == Float.POSITIVE_INFINITY && !keepsInfinity
        ? Double.NEGATIVE_INFINITY
        : logSumExp;
  }

  private void none(StepDescription step, int row, int head) {
    for (int v = 0; v < out.inner(); v++) {
      out.set(out.at(step, row), head, v, 0);
    }
    lse.set(lse.at(step, row), head, Float.NEGATIVE_INFINITY);
  }

  private void take(StepDescription step, int row, int head) {
    for (int v = 0; v < out.inner(); v++) {
      out.set(out.at(step, row), head, v, prefix.get(prefix.at(step, row), head, v));
    }
    lse.set(lse.at(step, row), head, prefixLse.get(prefixLse.at(step, row), head));
  }

  private void mix(StepDescription step, int row, int head, double before, double own) {
    double largest = Math.max(before, own);
    double p = Math.exp((swaps ? own : before) - largest);
    double s = Math.exp((swaps ? before : own) - largest);
    for (int v = 0; v < out.inner(); v++) {
      double mixed =
          p * prefix.get(prefix.at(step, row), head, v) + s * out.get(out.at(step, row), head, v);
      out.set(out.at(step, row), head, v, (float) (mixed / (p + s)));
    }
    lse.set(lse.at(step, row), head, (float) (Math.log(p + s) + largest));
  }
}
