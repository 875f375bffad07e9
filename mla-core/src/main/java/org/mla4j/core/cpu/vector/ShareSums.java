package org.mla4j.core.cpu.vector;

import java.lang.foreign.ValueLayout;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.core.cpu.kernel.RowTasks;

/** Adds up the outputs of each token's experts by their shares, in the order of its ids. */
final class ShareSums implements ParallelFor.Body {
  private final RoutedTokens tokens;
  private final ExpertGroups groups;
  private final Operand outputs;
  private final int topK;
  private final int width;
  private final RowTasks rows;

  /**
   * Makes the loop.
   *
   * @param tokens whose sums they are
   * @param groups the slots of their experts
   * @param outputs the outputs of each slot
   * @param topK experts of a token
   * @param width outputs of an expert
   * @param parallel the threads
   */
  ShareSums(
      RoutedTokens tokens,
      ExpertGroups groups,
      Operand outputs,
      int topK,
      int width,
      ParallelFor parallel) {
    this.tokens = tokens;
    this.groups = groups;
    this.outputs = outputs;
    this.topK = topK;
    this.width = width;
    rows = RowTasks.ofWidth(parallel, width * topK);
  }

  /** Writes the sums of all tokens of the step. */
  void run() {
    rows.run(tokens.count(), this);
  }

  @Override
  public void run(int token, int worker) {
    Operand out = tokens.out();
    long outAt = out.at(token);
    for (int i = 0; i < width; i++) {
      out.segment().set(ValueLayout.JAVA_FLOAT_UNALIGNED, outAt + 4L * i, 0);
    }
    for (int k = 0; k < topK; k++) {
      long outputAt = outputs.at(groups.slot(token, k));
      F32Format.INSTANCE.addScaled(
          outputs.segment(), outputAt, width, tokens.share(token, k), out.segment(), outAt);
    }
  }
}
