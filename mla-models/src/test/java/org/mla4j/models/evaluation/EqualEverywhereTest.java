package org.mla4j.models.evaluation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.backend.ExecutionMode;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.Sampling;
import org.mla4j.core.engine.EngineStatistics;
import org.mla4j.core.options.AttentionSplit;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.models.ChatGeneration;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.TestData;
import org.mla4j.models.TextEngine;
import org.mla4j.models.TextOptions;
import org.mla4j.models.plugin.FusedOps;
import org.mla4j.models.plugin.PluginJar;

/**
 * The demo model's greedy tokens are the same whether ops are fused or not, attention is visible to
 * passes or not, decode steps are replayed or not, and whoever else is asked at the same time.
 */
@Timeout(300)
class EqualEverywhereTest {
  private static final int QUESTIONS = 24;
  private static final TextOptions GREEDY =
      TextOptions.builder().sampling(Sampling.GREEDY).maxTokens(64).build();

  @TempDir static Path jar;

  private static LanguageModel model;
  private static ClassLoader plugins;
  private static List<Question> questions;
  private static List<List<Integer>> expected;

  /** One of the eight. */
  record Combination(boolean fused, AttentionSplit split, ExecutionMode execution) {
    static Stream<Combination> all() {
      return Stream.of(false, true)
          .flatMap(fused ->
              Arrays.stream(AttentionSplit.values())
                  .flatMap(split ->
                      Arrays.stream(ExecutionMode.values())
                          .map(mode -> new Combination(fused, split, mode))));
    }

    EngineOptions.Builder options() {
      return EngineOptions.builder()
          .threads(2)
          .pluginLoader(plugins)
          .ops(fused ? "all" : "none")
          .attentionSplit(split)
          .execution(execution)
          .maxSequences(QUESTIONS)
          .maxSequenceLength(256)
          .cacheTokens(QUESTIONS * 256);
    }
  }

  @BeforeAll
  static void open() {
    plugins = PluginJar.with(jar, FusedOps.class);
    model = LanguageModel.open(TestData.demoModel());
    questions = spread(QuestionFile.read(TestData.demoModel().resolve("eval.jsonl")));
    EngineOptions plain =
        EngineOptions.builder().threads(2).backend("cpu").ops("none").maxSequences(1).build();
    try (TextEngine engine = model.start(plain)) {
      expected = alone(engine);
    }
  }

  @AfterAll
  static void close() {
    model.close();
  }

  /** Some of each task. */
  private static List<Question> spread(List<Question> all) {
    List<Question> chosen = new ArrayList<>();
    for (int i = 0; i < QUESTIONS; i++) {
      chosen.add(all.get(i * all.size() / QUESTIONS));
    }
    return chosen;
  }

  static Stream<Combination> combinations() {
    return Combination.all();
  }

  @ParameterizedTest
  @MethodSource("combinations")
  void tokensAreTheSameAtOnceAndAlone(Combination combination) {
    try (TextEngine engine = model.start(combination.options().build())) {
      assertEquals(combination.fused(), usesFusedOps(engine.explain()), "fused");
      assertEquals(expected, atOnce(engine), "at once");
      assertReplayed(combination, engine.engine().statistics());
      assertEquals(expected, alone(engine), "alone");
    }
  }

  private static void assertReplayed(Combination combination, EngineStatistics statistics) {
    if (combination.execution() == ExecutionMode.GRAPH) {
      // Steps with a piece of a prompt are eager; there are far fewer of those.
      assertTrue(
          statistics.replayedSteps() > statistics.steps() / 2
              && statistics.replayedSteps() < statistics.steps(),
          statistics::toString);
    } else {
      assertEquals(0, statistics.replayedSteps());
    }
  }

  private static boolean usesFusedOps(Explanation explanation) {
    return explanation.entries().stream().anyMatch(it -> it.backend().equals(FusedOps.NAME));
  }

  @Test
  void aPlugInThatIsNotSelectedChangesNoBit() {
    List<float[]> without = logits(options -> {});
    assertBits(without, logits(options -> options.pluginLoader(plugins).backend("cpu")));
    assertBits(
        without, logits(options -> options.pluginLoader(plugins).ops("none").backend("cpu")));
    assertBits(
        without,
        logits(options ->
            options.pluginLoader(plugins).backendOption("fused-ops:ops", "no_op_of_this_plan")));
  }

  private static void assertBits(List<float[]> expected, List<float[]> found) {
    assertEquals(expected.size(), found.size());
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), found.get(i));
    }
  }

  /** All logits of a prompt in two pieces, and of three decode steps. */
  private static List<float[]> logits(Consumer<EngineOptions.Builder> change) {
    EngineOptions.Builder options = EngineOptions.builder().threads(2).allLogits(true);
    change.accept(options);
    int[] ids = {1, 70, 45, 99, 120, 33, 8, 250, 61, 17, 5, 44};
    List<float[]> rows = new ArrayList<>();
    try (StepRunner runner = StepRunner.build(model.definition(), options.build())) {
      run(runner, Phase.PREFILL, ids, 0, 5, rows);
      run(runner, Phase.PREFILL, ids, 5, 4, rows);
      for (int at = 9; at < ids.length; at++) {
        run(runner, Phase.DECODE, ids, at, 1, rows);
      }
    }
    return rows;
  }

  private static void run(
      StepRunner runner, Phase phase, int[] ids, int from, int count, List<float[]> rows) {
    runner.step().clear();
    runner.step().addSequence(phase, from, ids, from, count, new int[] {1}, 1);
    runner.step().wantAllLogits();
    runner.run();
    for (int row = 0; row < runner.step().count(Rows.LOGITS); row++) {
      rows.add(runner.logits(row));
    }
  }

  private static List<List<Integer>> atOnce(TextEngine engine) {
    List<ChatGeneration> running = new ArrayList<>();
    questions.forEach(question -> running.add(engine.chat(question.messages(), GREEDY)));
    return running.stream().map(EqualEverywhereTest::tokens).toList();
  }

  private static List<List<Integer>> alone(TextEngine engine) {
    return questions.stream()
        .map(question -> tokens(engine.chat(question.messages(), GREEDY)))
        .toList();
  }

  private static List<Integer> tokens(ChatGeneration generation) {
    try (generation) {
      while (generation.hasNext()) {
        generation.next();
      }
      return generation.result().generation().tokens();
    }
  }
}
