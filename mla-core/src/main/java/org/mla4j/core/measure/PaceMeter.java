package org.mla4j.core.measure;

import java.util.Arrays;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.step.BatchSplit.Kind;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;

/**
 * Runs the steps of a test as an engine would: prompts in pieces, each in the form that the engine
 * chooses, greedy sampling included; without the engine's thread and without text. Tokens are
 * random, the same in every run, so that a model that repeats itself does not look faster.
 *
 * <p>Threading: one thread at a time.
 */
public final class PaceMeter {
  private static final String GENERATOR = "L64X128MixRandom";
  private static final long SEED = 42;
  private static final String FILLING = "filling the cache";

  private final StepRunner runner;
  private final EngineOptions options;
  private final int[] tokens;

  /** What the cache holds: so many sequences of so many tokens. */
  private int filledBatch;

  private int filledDepth;

  /**
   * Makes a meter.
   *
   * @param runner runs the steps; nobody else uses it meanwhile
   * @param options those that the runner was built with
   * @param vocabularySize how many token ids the model has
   */
  public PaceMeter(StepRunner runner, EngineOptions options, int vocabularySize) {
    this.runner = runner;
    this.options = options;
    RandomGenerator random = RandomGeneratorFactory.of(GENERATOR).create(SEED);
    this.tokens =
        random
            .ints(
                (long) runner.limits().maxSequences() + runner.limits().maxSequenceLength(),
                0,
                vocabularySize)
            .toArray();
  }

  /**
   * Makes an engine large enough for tests, and no larger.
   *
   * @param options gets the limits
   * @param tests all that will be run
   * @return the options
   */
  public static EngineOptions.Builder size(
      EngineOptions.Builder options, Iterable<PaceTest> tests) {
    EngineOptions given = options.build();
    int length = 1;
    int batch = 1;
    long cached = 1;
    for (PaceTest test : tests) {
      length = Math.max(length, test.length());
      batch = Math.max(batch, test.batch());
      cached = Math.max(cached, blocks(test, given.blockSize()) * given.blockSize());
    }
    return options
        .maxSequenceLength(length)
        .maxSequences(batch)
        .maxTokensPerStep(Math.max(given.maxTokensPerStep(), batch))
        .cacheTokens((int) Math.min(cached, Integer.MAX_VALUE));
  }

  /** Blocks of what is in the cache before, then blocks of what comes: none holds both. */
  private static long blocks(PaceTest test, int blockSize) {
    return (long) test.batch()
        * (Math.ceilDiv(test.depth(), blockSize)
            + Math.ceilDiv(test.length() - wholeBlocks(test, blockSize), blockSize));
  }

  private static int wholeBlocks(PaceTest test, int blockSize) {
    return Math.ceilDiv(test.depth(), blockSize) * blockSize;
  }

  /**
   * Fills the cache as deep as a test begins, by computing that many tokens; what a test before has
   * left of the same depth and batch is used again.
   *
   * @param test the test that is to run
   * @param progress told about the tokens
   * @throws org.mla4j.api.error.BackendException if a kernel fails
   */
  public void fill(PaceTest test, ProgressListener progress) {
    if (filledBatch == test.batch() && filledDepth == test.depth()) {
      return;
    }
    filledBatch = 0;
    long all = (long) test.batch() * test.depth();
    long[] done = new long[1];
    Run run = new Run(test, StepRunner::run);
    run.prompt(
        0,
        test.depth(),
        count -> {
          done[0] += count;
          progress.progress(FILLING, done[0], all);
        });
    filledBatch = test.batch();
    filledDepth = test.depth();
  }

  /**
   * Runs a test once.
   *
   * @param test the test; the cache is filled for it
   * @return how long its steps took, in nanoseconds
   * @throws org.mla4j.api.error.BackendException if a kernel fails
   * @throws IllegalStateException if the cache is not filled for it
   */
  public long run(PaceTest test) {
    return run(test, StepRunner::run);
  }

  /**
   * Runs a test once, its steps in a way of the caller's.
   *
   * @param test the test; the cache is filled for it
   * @param step runs the step that is described
   * @return how long that took, in nanoseconds
   * @throws org.mla4j.api.error.BackendException if a kernel fails
   * @throws IllegalStateException if the cache is not filled for it
   */
  public long run(PaceTest test, Consumer<StepRunner> step) {
    if (filledBatch != test.batch() || filledDepth != test.depth()) {
      throw new IllegalStateException(
          "'"
              + test.name()
              + "' was not filled for: the cache holds "
              + filledBatch
              + " sequences of "
              + filledDepth
              + " tokens");
    }
    Run run = new Run(test, step);
    long start = System.nanoTime();
    run.prompt(test.depth(), test.prompt(), count -> {});
    run.generate(test.depth() + test.prompt(), test.generated());
    return System.nanoTime() - start;
  }

  /** Told how many tokens a step had. */
  private interface Computed {
    void tokens(int count);
  }

  /** The steps of a test. All that they need is made before the first. */
  private final class Run {
    private final int batch;
    private final Consumer<StepRunner> step;
    private final int[][] ids;
    private final int[][] blocks;

    /** How far each sequence is. */
    private final int[] computed;

    /** New tokens of each sequence in the step that is made. */
    private final int[] scheduled;

    private final int[] logitRows;

    Run(PaceTest test, Consumer<StepRunner> step) {
      this.batch = test.batch();
      this.step = step;
      this.ids = new int[batch][];
      this.blocks = new int[batch][];
      this.computed = new int[batch];
      this.scheduled = new int[batch];
      this.logitRows = new int[batch];
      int blockSize = options.blockSize();
      int deep = Math.ceilDiv(test.depth(), blockSize);
      int all = Math.max(deep, Math.ceilDiv(test.length(), blockSize));
      for (int sequence = 0; sequence < batch; sequence++) {
        ids[sequence] = Arrays.copyOfRange(tokens, sequence, sequence + test.length());
        blocks[sequence] = new int[all];
        for (int block = 0; block < all; block++) {
          // As an engine hands them out, lowest first; block 0 is reserved.
          blocks[sequence][block] =
              block < deep
                  ? 1 + sequence * deep + block
                  : 1 + batch * deep + sequence * (all - deep) + (block - deep);
        }
      }
    }

    /** As many of the prompts as fit in each step, the first ones first; then logits. */
    void prompt(int from, int count, Computed listener) {
      Arrays.fill(computed, from);
      int end = from + count;
      int most = options.promptChunk() == 0 ? Integer.MAX_VALUE : options.promptChunk();
      while (computed[batch - 1] < end) {
        int left = runner.limits().maxTokens();
        for (int sequence = 0; sequence < batch; sequence++) {
          scheduled[sequence] = Math.min(Math.min(end - computed[sequence], most), left);
          left -= scheduled[sequence];
        }
        runStep(end);
        listener.tokens(runner.limits().maxTokens() - left);
      }
    }

    /** A token of every sequence in each step. */
    void generate(int from, int count) {
      Arrays.fill(computed, from);
      Arrays.fill(scheduled, 1);
      for (int i = 1; i <= count; i++) {
        runStep(from + i);
      }
    }

    private void runStep(int end) {
      StepDescription described = runner.step();
      described.clear();
      for (Kind kind : Kind.values()) {
        for (int sequence = 0; sequence < batch; sequence++) {
          if (scheduled[sequence] > 0 && kind(sequence) == kind) {
            add(described, sequence, end);
          }
        }
      }
      step.accept(runner);
      for (int sequence = 0; sequence < batch; sequence++) {
        computed[sequence] += scheduled[sequence];
        if (scheduled[sequence] > 0 && computed[sequence] == end) {
          int _ =
              runner.sampled(logitRows[sequence]); // as an engine does; what comes next is fixed
        }
      }
    }

    private Kind kind(int sequence) {
      return options.deterministic()
          ? Kind.DECODE
          : Kind.of(scheduled[sequence], computed[sequence], options.decodeThreshold());
    }

    private void add(StepDescription described, int sequence, int end) {
      int context = computed[sequence];
      int count = scheduled[sequence];
      Phase phase = kind(sequence) == Kind.DECODE ? Phase.DECODE : Phase.PREFILL;
      described.addSequence(
          phase, context, ids[sequence], context, count, blocks[sequence], blocks[sequence].length);
      if (context + count == end) {
        logitRows[sequence] = described.wantLastLogits(Sampling.GREEDY, 0);
      }
    }
  }
}
