package org.mla4j.benchmarks.peer;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.mla4j.api.step.BatchSplit.Kind;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.runner.StepRunner;

/**
 * One sequence of random tokens, run as the engine would: a prompt in pieces as large as a step,
 * then tokens one by one, the last of each piece chosen greedily.
 */
final class TimedSequence {
  /** The tokens are never read as text: any would do. */
  private static final int ORDINARY_TOKENS = 256;

  private final StepRunner runner;
  private final int decodeThreshold;
  private final SplittableRandom random = new SplittableRandom(1);
  private final int[] blocks;
  private int filled;

  TimedSequence(StepRunner runner, int decodeThreshold) {
    this.runner = runner;
    this.decodeThreshold = decodeThreshold;
    blocks = new int[runner.limits().blocksPerSequence()];
    Arrays.setAll(blocks, i -> i + 1);
  }

  /** Runs a test and returns the seconds that its own tokens took. */
  double seconds(PeerTest test) {
    if (filled < test.depth()) {
      evaluate(filled, test.depth() - filled);
    }
    long start = System.nanoTime();
    if (test.prompt() > 0) {
      evaluate(test.depth(), test.prompt());
    }
    for (int i = 0; i < test.generate(); i++) {
      evaluate(test.depth() + test.prompt() + i, 1);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    filled = Math.max(filled, test.end()); // what lies behind a test's depth is written anew
    return seconds;
  }

  private void evaluate(int from, int count) {
    int end = from + count;
    int largest = runner.limits().maxTokens();
    for (int start = from; start < end; start += largest) {
      step(start, Math.min(largest, end - start));
    }
    if (runner.sampled(0) < 0) {
      throw new IllegalStateException("No token was chosen.");
    }
  }

  private void step(int cached, int tokens) {
    StepDescription step = runner.step();
    int[] ids = random.ints(tokens, 0, ORDINARY_TOKENS).toArray();
    Kind kind = Kind.of(tokens, cached, decodeThreshold);
    step.clear();
    step.addSequence(
        kind == Kind.DECODE ? Phase.DECODE : Phase.PREFILL,
        cached,
        ids,
        0,
        tokens,
        blocks,
        Math.ceilDiv(cached + tokens, runner.limits().blockSize()));
    step.wantLastLogits(Sampling.GREEDY, 0);
    runner.run();
  }
}
