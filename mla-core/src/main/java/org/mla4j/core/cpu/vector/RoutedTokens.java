package org.mla4j.core.cpu.vector;

import java.lang.foreign.ValueLayout;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.step.StepDescription;

/**
 * What {@code fused_moe} is given for each token and what it writes.
 *
 * @param x {@code [T, hidden]}
 * @param ids {@code [T, k]}, the experts of a token
 * @param shares {@code [T, k]}, their shares in its result
 * @param out {@code [T, hidden]}
 */
record RoutedTokens(Operand x, Operand ids, Operand shares, Operand out) {
  static RoutedTokens of(RoutedExperts op, Bindings bindings) {
    return new RoutedTokens(
        Operand.of(bindings.tensor(op.x())),
        Operand.of(bindings.tensor(op.ids())),
        Operand.of(bindings.tensor(op.topKWeights())),
        Operand.of(bindings.tensor(op.out())));
  }

  /** Moves to the live rows of a step. */
  void begin(StepDescription step) {
    x.begin(step);
    ids.begin(step);
    shares.begin(step);
    out.begin(step);
  }

  /** How many tokens the step has. */
  int count() {
    return out.count();
  }

  /** A token's k-th expert. */
  int expert(int token, int k) {
    return ids.segment().get(ValueLayout.JAVA_INT_UNALIGNED, ids.at(token) + 4L * k);
  }

  /** The share of a token's k-th expert. */
  float share(int token, int k) {
    return shares.segment().get(ValueLayout.JAVA_FLOAT_UNALIGNED, shares.at(token) + 4L * k);
  }
}
