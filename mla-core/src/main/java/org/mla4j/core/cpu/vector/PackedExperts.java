package org.mla4j.core.cpu.vector;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;

/**
 * {@code fused_moe} with packed weights. One token is multiplied with weights as they lie, several
 * with panels of them; in deterministic mode one token too, since it then must have the same bits
 * in whatever company.
 */
final class PackedExperts implements Kernel {
  private final RoutedTokens tokens;
  private final SingleTokenExperts one;
  private final GroupedExperts several;
  private final boolean alwaysPanels;

  PackedExperts(
      RoutedExperts op,
      PackedExpertWeights weights,
      Bindings bindings,
      CpuContext context,
      Scratch scratch) {
    tokens = RoutedTokens.of(op, bindings);
    one = new SingleTokenExperts(tokens, op.spec(), weights, context.engine().parallel(), scratch);
    several = new GroupedExperts(op, tokens, weights, bindings, context, scratch);
    alwaysPanels = context.engine().deterministic();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    tokens.begin(step);
    if (tokens.count() == 1 && !alwaysPanels) {
      one.run();
    } else if (tokens.count() > 0) {
      several.run(step);
    }
  }
}
