package org.mla4j.core.engine;

import java.util.List;
import org.mla4j.api.step.BatchSplit.Kind;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;
import org.mla4j.core.options.EngineOptions;

/**
 * Decides what a step computes: how many tokens of which running sequence, in which form.
 *
 * <p>Sequences with a context come first, oldest first, and each is certain of one token, so that a
 * long prompt stops none; new prompts take what is left. In the step they are ordered by what they
 * want of attention. In deterministic mode all are attended in the absorbed form, over what the
 * cache holds: a token is then computed alike in a prompt, in a piece of it, and alone.
 */
final class StepScheduler {
  private static final Kind[] ORDER = {Kind.DECODE, Kind.EXTEND, Kind.PREFILL};

  private final StepLimits limits;
  private final int promptChunk;
  private final int decodeThreshold;
  private final boolean deterministic;

  StepScheduler(StepLimits limits, EngineOptions options) {
    this.limits = limits;
    this.promptChunk = options.promptChunk() == 0 ? Integer.MAX_VALUE : options.promptChunk();
    this.decodeThreshold = options.decodeThreshold();
    this.deterministic = options.deterministic();
  }

  /**
   * Describes the next step.
   *
   * @param step is emptied and filled
   * @param running the running sequences, oldest first; what each got is noted in it
   */
  void schedule(StepDescription step, List<Sequence> running) {
    step.clear();
    share(running);
    for (Kind kind : ORDER) {
      for (int i = 0; i < running.size(); i++) {
        Sequence sequence = running.get(i);
        if (sequence.scheduled > 0 && kind(sequence) == kind) {
          add(step, sequence, kind == Kind.DECODE ? Phase.DECODE : Phase.PREFILL);
        }
      }
    }
  }

  private Kind kind(Sequence sequence) {
    return deterministic
        ? Kind.DECODE
        : Kind.of(sequence.scheduled, sequence.computed, decodeThreshold);
  }

  private void share(List<Sequence> running) {
    int reserved = 0;
    for (int i = 0; i < running.size(); i++) {
      reserved += running.get(i).computed > 0 ? 1 : 0;
    }
    int left = limits.maxTokens();
    for (int i = 0; i < running.size(); i++) {
      Sequence sequence = running.get(i);
      if (sequence.computed > 0) {
        reserved--;
        sequence.scheduled = Math.min(wanted(sequence), left - reserved);
        left -= sequence.scheduled;
      }
    }
    for (int i = 0; i < running.size(); i++) {
      Sequence sequence = running.get(i);
      if (sequence.computed == 0) {
        sequence.scheduled = Math.min(wanted(sequence), left);
        left -= sequence.scheduled;
      }
    }
  }

  private int wanted(Sequence sequence) {
    return Math.min(sequence.remaining(), promptChunk);
  }

  private static void add(StepDescription step, Sequence sequence, Phase phase) {
    step.addSequence(
        phase,
        sequence.computed,
        sequence.tokens,
        sequence.computed,
        sequence.scheduled,
        sequence.blocks,
        sequence.blockCount);
    sequence.generation.start();
    sequence.logitRow =
        sequence.scheduled == sequence.remaining()
            ? step.wantLastLogits(sequence.sampling, sequence.draw())
            : Sequence.NO_ROW;
  }
}
