package org.mla4j.core.testing;

import java.util.ArrayList;
import java.util.List;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;

/** Some steps that use every half of a plan, and all their logits. */
public final class MixedSteps {
  private static final int[] IDS = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8};

  private MixedSteps() {}

  /** Options for steps as large as these, with small blocks and context passes. */
  public static EngineOptions.Builder options() {
    return EngineOptions.builder()
        .maxTokensPerStep(32)
        .maxSequences(4)
        .cacheTokens(256)
        .blockSize(4)
        .contextTokens(4)
        .allLogits(true)
        .threads(2);
  }

  /**
   * The logits of a prompt; of a decode step beside another prompt; of decode beside the rest of
   * that prompt, after a context; of decode steps alone.
   */
  public static List<float[]> logits(StepRunner runner) {
    List<float[]> rows = new ArrayList<>();
    StepDescription step = runner.step();
    step.clear();
    add(step, Phase.PREFILL, 0, 5, 1, 2);
    run(runner, rows);
    step.clear();
    add(step, Phase.DECODE, 5, 1, 1, 2);
    add(step, Phase.PREFILL, 0, 6, 3, 4);
    run(runner, rows);
    step.clear();
    add(step, Phase.DECODE, 6, 1, 1, 2);
    add(step, Phase.PREFILL, 6, 4, 3, 4, 5);
    run(runner, rows);
    for (int i = 0; i < 2; i++) {
      step.clear();
      add(step, Phase.DECODE, 7 + i, 1, 1, 2, 6);
      add(step, Phase.DECODE, 10 + i, 1, 3, 4, 5);
      run(runner, rows);
    }
    return rows;
  }

  private static void add(
      StepDescription step, Phase phase, int context, int count, int... blocks) {
    step.addSequence(phase, context, IDS, context, count, blocks, blocks.length);
    step.wantAllLogits();
  }

  private static void run(StepRunner runner, List<float[]> rows) {
    runner.run();
    for (int row = 0; row < runner.step().count(Rows.LOGITS); row++) {
      rows.add(runner.logits(row));
    }
  }
}
