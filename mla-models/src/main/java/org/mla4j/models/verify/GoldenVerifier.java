package org.mla4j.models.verify;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.NodeObserver;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.models.verify.GoldenData.Prompt;
import org.mla4j.models.verify.VerificationReport.Form;
import org.mla4j.models.verify.VerificationReport.GreedyCheck;
import org.mla4j.models.verify.VerificationReport.TensorCheck;

/**
 * Runs the prompts of a golden folder in both algebraic forms, all tokens as prefill and token by
 * token as decode, and compares logits, hidden states, the inside of the first attention layer,
 * expert choices and greedy continuations.
 */
public final class GoldenVerifier {
  /** The largest error that independent float32 implementations show is a tenth of this. */
  public static final double DEFAULT_TOLERANCE = 1e-4;

  /**
   * Tokens of a piece of a prompt, and of a context pass: small, so that short prompts need many.
   */
  private static final int PIECE = 7;

  private static final int CONTEXT_PASS = 16;

  private final GoldenData golden;
  private final StepRunner runner;
  private final HiddenNodes hidden;
  private final double tolerance;
  private final List<TensorCheck> tensors = new ArrayList<>();
  private final List<GreedyCheck> greedy = new ArrayList<>();

  private GoldenVerifier(GoldenData golden, StepRunner runner, double tolerance) {
    this.golden = golden;
    this.runner = runner;
    this.hidden = new HiddenNodes(runner.explain());
    this.tolerance = tolerance;
  }

  /**
   * Verifies a model.
   *
   * @param model the model, opened from the folder
   * @param folder holds {@code golden.json} and {@code golden.bin}
   * @param options backend, op list, threads and cache type; the limits are set to what the prompts
   *     need
   * @param tolerance the largest error allowed, relative to the largest absolute value of a tensor
   * @return the comparison
   * @throws org.mla4j.api.error.MlaException if the folder has no golden data or the model does not
   *     run
   */
  public static VerificationReport verify(
      ModelDefinition model, Path folder, EngineOptions options, double tolerance) {
    GoldenData golden = GoldenData.open(folder);
    List<Prompt> prompts = golden.prompts();
    requireIds(prompts, model, folder);
    int longest = prompts.stream().mapToInt(prompt -> prompt.inputIds().length).max().orElse(1);
    int answers = prompts.stream().mapToInt(prompt -> prompt.greedyIds().length).max().orElse(0);
    if (longest + answers > model.maxPositions()) {
      throw new ModelException(
          ErrorCode.MALFORMED_FILE,
          "Recorded prompts and answers in '"
              + folder
              + "' reach "
              + (longest + answers)
              + " tokens; model '"
              + model.name()
              + "' has "
              + model.maxPositions()
              + " positions.");
    }
    try (StepRunner runner = StepRunner.build(model, sized(options, longest, longest + answers))) {
      GoldenVerifier verifier = new GoldenVerifier(golden, runner, tolerance);
      ProgressListener progress = options.progress();
      int done = 0;
      for (Form form : Form.values()) {
        for (Prompt prompt : prompts) {
          verifier.check(prompt, form);
          progress.progress("prompts", ++done, (long) prompts.size() * Form.values().length);
        }
      }
      return new VerificationReport(model.name(), tolerance, verifier.tensors, verifier.greedy);
    }
  }

  private static void requireIds(List<Prompt> prompts, ModelDefinition model, Path folder) {
    for (Prompt prompt : prompts) {
      for (int id : prompt.inputIds()) {
        if (id < 0 || id >= model.vocabularySize()) {
          throw new ModelException(
              ErrorCode.MALFORMED_FILE,
              folder.resolve("golden.json")
                  + ": prompt '"
                  + prompt.name()
                  + "' has token id "
                  + id
                  + "; expected 0 to "
                  + (model.vocabularySize() - 1)
                  + ", the vocabulary of model '"
                  + model.name()
                  + "'.");
        }
      }
    }
  }

  private static EngineOptions sized(EngineOptions options, int longest, int length) {
    return options.toBuilder()
        .maxSequenceLength(length)
        .maxTokensPerStep(longest)
        .maxSequences(1)
        .contextTokens(CONTEXT_PASS)
        .cacheTokens(length)
        .allLogits(true)
        .build();
  }

  private void check(Prompt prompt, Form form) {
    Taps taps = prompt.name().equals(golden.recordedPrompt()) ? new Taps(golden) : null;
    List<double[]> logits = new ArrayList<>();
    int next = runPrompt(prompt, form, taps, logits);
    if (!prompt.allPositions()) {
      logits.subList(0, logits.size() - 1).clear();
    }
    compare(form, prompt.logits(), logits);
    if (taps != null) {
      taps.rows()
          .forEach((tensor, rows) -> {
            if (rows.isEmpty()) {
              unseen(form, tensor, taps.nodes(tensor));
            } else {
              compare(form, tensor, rows);
            }
          });
    }
    greedy.add(
        new GreedyCheck(
            form,
            prompt.name(),
            Arrays.stream(prompt.greedyIds()).boxed().toList(),
            continuation(prompt, next)));
  }

  /** Computes a prompt; returns the first greedy token. */
  private int runPrompt(
      Prompt prompt, Form form, @Nullable NodeObserver observer, List<double[]> logits) {
    int[] ids = prompt.inputIds();
    int chunk =
        switch (form) {
          case PREFILL -> ids.length;
          case EXTEND -> PIECE;
          case DECODE -> 1;
        };
    Phase phase = form == Form.DECODE ? Phase.DECODE : Phase.PREFILL;
    int next = -1;
    for (int from = 0; from < ids.length; from += chunk) {
      StepDescription step = runner.step();
      step.clear();
      describe(step, phase, ids, from, Math.min(chunk, ids.length - from));
      step.wantAllLogits();
      runner.run(observer);
      for (int row = 0; row < step.count(Rows.LOGITS); row++) {
        logits.add(widen(runner.logits(row)));
        next = runner.sampled(row);
      }
    }
    return next;
  }

  private List<Integer> continuation(Prompt prompt, int first) {
    int length = prompt.inputIds().length;
    int count = prompt.greedyIds().length;
    if (count == 0) {
      return List.of();
    }
    int[] ids = Arrays.copyOf(prompt.inputIds(), length + count);
    ids[length] = first;
    for (int at = length; at < ids.length - 1; at++) {
      StepDescription step = runner.step();
      step.clear();
      describe(step, Phase.DECODE, ids, at, 1);
      step.wantLastLogits(Sampling.GREEDY, 0);
      runner.run();
      ids[at + 1] = runner.sampled(0);
    }
    return Arrays.stream(ids, length, ids.length).boxed().toList();
  }

  /** Adds the one sequence there is; it owns all blocks but the reserved one. */
  private void describe(StepDescription step, Phase phase, int[] ids, int from, int count) {
    int needed = Math.ceilDiv(from + count, runner.limits().blockSize());
    int[] blocks = IntStream.rangeClosed(1, needed).toArray();
    step.addSequence(phase, from, ids, from, count, blocks, needed);
  }

  /** What something larger swallows need not exist; anything else unseen is a failure. */
  private void unseen(Form form, String tensor, List<String> nodes) {
    Optional<String> inside =
        nodes.stream().map(hidden::inside).flatMap(Optional::stream).findFirst();
    tensors.add(
        new TensorCheck(
            form, tensor, Double.NaN, inside.isPresent(), inside.orElse("no node computed it")));
  }

  private void compare(Form form, String tensor, List<double[]> rows) {
    double[] expected = golden.values(tensor);
    double[] found = rows.stream().flatMapToDouble(Arrays::stream).toArray();
    if (found.length != expected.length) {
      tensors.add(
          new TensorCheck(
              form,
              tensor,
              Double.NaN,
              false,
              "expected " + expected.length + " numbers, found " + found.length));
      return;
    }
    double largest = 0;
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      double difference = Math.abs(expected[i] - found[i]);
      // A NaN must not lose against a number.
      worst =
          Double.isNaN(difference) || Double.isNaN(worst)
              ? Double.NaN
              : Math.max(worst, difference);
    }
    double error = largest == 0 ? worst : worst / largest;
    tensors.add(new TensorCheck(form, tensor, error, error <= tolerance, ""));
  }

  private static double[] widen(float[] row) {
    return IntStream.range(0, row.length).mapToDouble(i -> row[i]).toArray();
  }
}
