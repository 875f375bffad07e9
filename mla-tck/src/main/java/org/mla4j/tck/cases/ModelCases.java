package org.mla4j.tck.cases;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.ExecutionMode;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.plugin.ProviderObjects;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.tck.Rules;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.Failure;
import org.mla4j.tck.harness.Numbers;
import org.mla4j.tck.harness.Session;
import org.mla4j.tck.harness.Skipped;
import org.mla4j.tck.harness.Subject;

/** A model run by an engine with the backend beside {@code cpu}. */
final class ModelCases {
  private static final int DECODED = 6;

  private ModelCases() {}

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (Dims dims :
        List.of(Dims.SMALL, Dims.SMALL.queryLatent(0).style(RopeStyle.NEOX), Dims.REAL)) {
      for (ExecutionMode execution : ExecutionMode.values()) {
        for (DType cache : List.of(DType.F32, DType.BF16)) {
          String name = execution.name().toLowerCase(Locale.ROOT) + ", " + dims.cache(cache, 1);
          cases.add(
              Case.of(Rules.MODEL, name, subject -> compare(subject, dims, cache, execution)));
        }
      }
    }
    return cases;
  }

  private static void compare(Subject subject, Dims dims, DType cache, ExecutionMode execution) {
    Session.available(subject);
    EngineOptions.Builder plain =
        EngineOptions.builder()
            .backend("cpu")
            .ops("all")
            .threads(2)
            .cacheDType(cache)
            .execution(ExecutionMode.EAGER)
            .maxSequences(3)
            .maxTokensPerStep(24)
            .maxSequenceLength(TinyModel.POSITIONS)
            .cacheTokens(4 * TinyModel.POSITIONS)
            .pluginLoader(BackendProvider.class.getClassLoader());
    List<float[]> expected;
    try (TinyModel model = new TinyModel(dims);
        StepRunner runner = StepRunner.build(model, plain.build())) {
      expected = logits(runner);
    }
    EngineOptions.Builder with =
        plain.build().toBuilder()
            .backend(subject.provider().name())
            .execution(execution)
            .pluginLoader(
                new ProviderObjects(ModelCases.class.getClassLoader(), subject.provider()));
    subject
        .options()
        .forEach(
            (option, value) -> with.backendOption(subject.provider().name() + ":" + option, value));
    List<float[]> found = logitsWith(subject.provider().name(), dims, with);
    for (int row = 0; row < expected.size(); row++) {
      require(expected.get(row), found.get(row), row, cache == DType.F32 ? 1e-4 : 2e-2);
    }
  }

  /**
   * The logits with the backend. Named, it must run every op that it has; where it declines one,
   * the engine chooses, and the model runs with what the backend takes. Skips if that is nothing.
   */
  private static List<float[]> logitsWith(
      String backend, Dims dims, EngineOptions.Builder options) {
    String declined = "has no op of the model";
    try (TinyModel model = new TinyModel(dims)) {
      StepRunner built;
      try {
        built = StepRunner.build(model, options.backend(backend).build());
      } catch (BackendException e) {
        if (e.code() != ErrorCode.OP_DECLINED) {
          throw e;
        }
        declined = e.getMessage();
        built = StepRunner.build(model, options.backend(EngineOptions.AUTO).build());
      }
      try (StepRunner runner = built) {
        if (runner.explain().entries().stream()
            .noneMatch(entry -> entry.backend().equals(backend))) {
          throw new Skipped("runs no node of the model: " + declined);
        }
        return logits(runner);
      }
    }
  }

  private static void require(float[] expected, float[] found, int row, double tolerance) {
    double largest = 0;
    for (float logit : expected) {
      largest = Math.max(largest, Math.abs(logit));
    }
    for (int token = 0; token < expected.length; token++) {
      if (!(Math.abs(expected[token] - found[token]) <= tolerance * largest)) {
        throw new Failure(
            String.format(
                Locale.ROOT,
                "logits %d, token %d: %.7g on cpu, %.7g with the backend; at most %.3g apart"
                    + " is allowed",
                row,
                token,
                expected[token],
                found[token],
                tolerance * largest));
      }
    }
  }

  /** A prompt in pieces beside one in one, then some tokens of both, one with three at a time. */
  private static List<float[]> logits(StepRunner runner) {
    List<float[]> logits = new ArrayList<>();
    StepDescription step = runner.step();
    int[] first = ids(1);
    int[] second = ids(2);
    int[] firstBlocks = {3, 1, 5};
    int[] secondBlocks = {2, 4};
    step.clear();
    step.addSequence(Phase.PREFILL, 0, first, 0, 18, firstBlocks, 3);
    step.wantLastLogits(Sampling.GREEDY, 0);
    run(runner, logits);
    step.clear();
    step.addSequence(Phase.PREFILL, 18, first, 18, 7, firstBlocks, 3);
    step.wantLastLogits(Sampling.GREEDY, 0);
    step.addSequence(Phase.PREFILL, 0, second, 0, 9, secondBlocks, 2);
    step.wantLastLogits(Sampling.GREEDY, 0);
    run(runner, logits);
    for (int i = 0; i < DECODED; i++) {
      step.clear();
      step.addSequence(Phase.DECODE, 25 + i, first, 25 + i, 1, firstBlocks, 3);
      step.wantLastLogits(Sampling.GREEDY, 0);
      if (i % 3 != 2) {
        step.addSequence(
            Phase.DECODE, 9 + 2 * (i - i / 3), second, 9 + 2 * (i - i / 3), 2, secondBlocks, 2);
        step.wantLastLogits(Sampling.GREEDY, 0);
      }
      run(runner, logits);
    }
    return logits;
  }

  private static int[] ids(int sequence) {
    int[] ids = new int[40];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = Numbers.random(11, sequence, i).nextInt(Batch.VOCABULARY);
    }
    return ids;
  }

  private static void run(StepRunner runner, List<float[]> logits) {
    runner.run();
    for (int row = 0; row < runner.step().count(Rows.LOGITS); row++) {
      logits.add(runner.logits(row));
    }
  }
}
