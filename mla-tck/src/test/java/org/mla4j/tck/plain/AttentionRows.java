package org.mla4j.tck.plain;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.step.StepDescription;

/** What attention leaves for a row that has no keys, and the log-sum-exps of those that have. */
final class AttentionRows {
  private final RowView out;
  private final @Nullable RowView lse;
  private final boolean finiteLse;
  private final boolean leavesEmpty;
  private final boolean leavesProfiling;

  AttentionRows(RowView out, @Nullable RowView lse, PlainContext context) {
    this.out = out;
    this.lse = lse;
    this.finiteLse = context.wrong(Mistake.EMPTY_CONTEXT_FINITE_LSE);
    this.leavesEmpty = context.wrong(Mistake.EMPTY_ROW_UNTOUCHED);
    this.leavesProfiling = context.wrong(Mistake.PROFILING_UNTOUCHED);
  }

  /** Writes a row without keys: zeros, and log-sum-exps of minus infinity. */
  void empty(StepDescription step, int row) {
    if (step.isProfiling() ? leavesProfiling : leavesEmpty) {
      return;
    }
    long at = out.at(step, row);
    for (int i = 0; i < out.width(); i++) {
      out.set(at, i, 0);
    }
    if (lse != null) {
      for (int head = 0; head < lse.width(); head++) {
        lse.set(lse.at(step, row), head, finiteLse ? 0 : Float.NEGATIVE_INFINITY);
      }
    }
  }

  void lse(StepDescription step, int row, int head, double number) {
    if (lse != null) {
      lse.set(lse.at(step, row), head, (float) number);
    }
  }
}
