package org.mla4j.models.convert;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.NodeObserver;
import org.mla4j.core.runner.StepRunner;

/**
 * Runs a model over a long text in windows: sequences of their own, of the same length but for the
 * last, each computed piece by piece.
 *
 * <p>Threading: one thread at a time.
 */
final class Windows implements AutoCloseable {
  /** Tokens of a piece: bounds the memory for logits. */
  private static final int PIECE = 64;

  private final StepRunner runner;

  /**
   * Prepares a model.
   *
   * @param options threads and the like; limits are set to what windows need
   * @param windows those that will be run
   */
  Windows(ModelDefinition model, EngineOptions options, int[][] windows) {
    int longest = Arrays.stream(windows).mapToInt(ids -> ids.length).max().orElse(1);
    runner =
        StepRunner.build(
            model,
            options.toBuilder()
                // Each op on its own, so that an observer sees every value.
                .ops("none")
                .maxSequenceLength(longest)
                .maxTokensPerStep(PIECE)
                .maxSequences(1)
                .cacheTokens(longest)
                .allLogits(true)
                .build());
  }

  /** The windows of a text: a row of token ids each, none of fewer than two. */
  static int[][] of(int[] ids, int window) {
    return IntStream.range(0, Math.ceilDiv(ids.length, window))
        .mapToObj(i -> Arrays.copyOfRange(ids, i * window, Math.min(ids.length, (i + 1) * window)))
        .filter(part -> part.length > 1)
        .toArray(int[][]::new);
  }

  /**
   * Runs a window.
   *
   * @param observer sees every node
   */
  void run(int[] ids, NodeObserver observer) {
    for (int from = 0; from < ids.length; from += PIECE) {
      describe(ids, from);
      runner.run(observer);
    }
  }

  /**
   * Runs the next piece of a window.
   *
   * @param from its first token; those before it ran before
   * @return logits of its tokens, in order
   */
  List<float[]> logits(int[] ids, int from) {
    describe(ids, from);
    runner.run();
    return IntStream.range(0, runner.step().count(Rows.LOGITS)).mapToObj(runner::logits).toList();
  }

  private void describe(int[] ids, int from) {
    int count = Math.min(PIECE, ids.length - from);
    int needed = Math.ceilDiv(from + count, runner.limits().blockSize());
    int[] blocks = IntStream.rangeClosed(1, needed).toArray();
    StepDescription step = runner.step();
    step.clear();
    step.addSequence(Phase.PREFILL, from, ids, from, count, blocks, needed);
    step.wantAllLogits();
  }

  @Override
  public void close() {
    runner.close();
  }
}
