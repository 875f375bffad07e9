package org.mla4j.core.runner;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mla4j.api.backend.ExecutionMode;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.step.Phase;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.testing.CapturingBackend;
import org.mla4j.core.testing.MixedSteps;
import org.mla4j.core.testing.PluginLoader;
import org.mla4j.core.testing.TinyModel;
import org.mla4j.core.testing.TinyModel.Variant;

/** Decode steps replayed from graphs: the same results, nothing asked or made in between. */
class GraphModeTest {
  private static final int[] IDS = {3, 1, 4, 1, 5, 9, 2, 6};

  @TempDir Path folder;

  @BeforeEach
  void reset() {
    CapturingBackend.reset();
  }

  @ParameterizedTest
  @EnumSource(Variant.class)
  void aReplayedStepGivesTheBitsOfAnEagerOne(Variant variant) {
    List<float[]> eager = logits(variant, MixedSteps.options(), 0);
    List<float[]> graph = logits(variant, graphs(), 2);
    for (int i = 0; i < eager.size(); i++) {
      assertArrayEquals(eager.get(i), graph.get(i), "row " + i);
    }
  }

  @ParameterizedTest
  @EnumSource(Variant.class)
  void partsOfOtherBackendsAreCapturedApart(Variant variant) {
    List<float[]> eager = logits(variant, MixedSteps.options(), 0);
    List<float[]> graph = logits(variant, capturing(options -> {}), 2);
    for (int i = 0; i < eager.size(); i++) {
      assertArrayEquals(eager.get(i), graph.get(i), "row " + i);
    }
    assertTrue(CapturingBackend.replays > 0);
    assertEquals(0, CapturingBackend.open, "graphs are closed with the runner");
  }

  @Test
  void explanationsTellWhatIsCaptured() {
    assertEquals(List.of("eager"), execution(MixedSteps.options()));
    assertEquals(
        List.of("graph: decode steps of up to 4 tokens, 1 of 1 parts captured; other steps eager"),
        execution(graphs()));
    assertEquals(
        List.of(
            "graph: decode steps of up to 4 tokens, 8 of 15 parts captured; other steps eager",
            "eager: 'capturing' captures nothing; its 7 nodes run one by one"),
        execution(capturing(options -> options.backendOption("capturing:captures", "NEVER"))));
    assertEquals(
        List.of(
            "graph: decode steps of up to 4 sequences with one new token each, 15 of 15 parts captured;"
                + " other steps eager"),
        execution(
            capturing(options -> options.backendOption("capturing:captures", "SINGLE_TOKEN"))));
  }

  @Test
  void nothingIsAskedAndNoMetadataIsMadeDuringReplay() {
    try (TinyModel model = new TinyModel();
        StepRunner runner = StepRunner.build(model, capturing(options -> {}).build())) {
      prompt(runner, 1, 2);
      int asked = CapturingBackend.supports;
      int made = CapturingBackend.prepares;
      assertEquals(1, made, "once for the prompt");
      int captured = CapturingBackend.captures;
      for (int i = 0; i < 3; i++) {
        decode(runner, 4 + i, 1, 2);
      }
      assertEquals(3, runner.replayedSteps());
      assertEquals(asked, CapturingBackend.supports);
      assertEquals(made, CapturingBackend.prepares);
      assertEquals(captured, CapturingBackend.captures);
    }
  }

  @Test
  void theSmallestGraphThatHoldsAStepIsReplayed() {
    try (TinyModel model = new TinyModel();
        StepRunner runner = StepRunner.build(model, capturing(options -> {}).build())) {
      prompt(runner, 1, 2);
      decode(runner, 4, 1, 2);
      assertEquals(1, CapturingBackend.rows);
      runner.step().clear();
      for (int i = 0; i < 3; i++) {
        runner.step().addSequence(Phase.DECODE, 0, IDS, 0, 1, new int[] {4 + i}, 1);
      }
      runner.run();
      assertEquals(4, CapturingBackend.rows);
    }
  }

  @Test
  void aBackendThatTakesSingleTokensIsNotReplayedForMore() {
    Consumer<EngineOptions.Builder> single =
        options -> options.backendOption("capturing:captures", "SINGLE_TOKEN");
    try (TinyModel model = new TinyModel();
        StepRunner runner = StepRunner.build(model, capturing(single).build())) {
      prompt(runner, 1, 2);
      runner.step().clear();
      runner.step().addSequence(Phase.DECODE, 4, IDS, 4, 2, new int[] {1, 2}, 2);
      runner.run();
      assertEquals(0, runner.replayedSteps());
      decode(runner, 6, 1, 2);
      assertEquals(1, runner.replayedSteps());
    }
  }

  /**
   * Rows of an earlier step, all NaN, lie where a captured graph has rows and this step has none.
   */
  @Test
  void aReplayWithFewerRowsThanCapturedIgnoresWhatThePaddingHolds() {
    List<float[]> expected;
    try (TinyModel model = new TinyModel();
        StepRunner runner = StepRunner.build(model, graphs().build())) {
      expected = newSequences(runner, 3, 3);
    }
    try (TinyModel model = new TinyModel();
        StepRunner runner = StepRunner.build(model, graphs().build())) {
      model.poison(7);
      runner.reloadWeights();
      List<float[]> poisoned = newSequences(runner, 4, 7);
      assertTrue(Float.isNaN(poisoned.get(3)[0]), "the rows are NaN");
      List<float[]> three = newSequences(runner, 3, 3);
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(expected.get(i), three.get(i), "row " + i + " of a graph of 4");
      }
      assertEquals(2, runner.replayedSteps());
    }
  }

  /** The logits of some sequences of one token each. */
  private static List<float[]> newSequences(StepRunner runner, int count, int token) {
    runner.step().clear();
    for (int i = 0; i < count; i++) {
      runner.step().addSequence(Phase.DECODE, 0, new int[] {token}, 0, 1, new int[] {1 + i}, 1);
      runner.step().wantAllLogits();
    }
    runner.run();
    return IntStream.range(0, count).mapToObj(runner::logits).toList();
  }

  @Test
  void aFailureInAGraphNamesTheBackend() {
    try (TinyModel model = new TinyModel();
        StepRunner runner =
            StepRunner.build(
                model,
                capturing(options -> options.backendOption("capturing:ops", "sample")).build())) {
      CapturingBackend.breaks = true;
      BackendException e = assertThrows(BackendException.class, () -> decode(runner, 0, 1));
      assertEquals(
          "Backend 'capturing' failed in layer '', op 'sample' to 'sample' ('sample' to 'sample'):"
              + " java.lang.IllegalStateException: lost the device [MLA-0107]",
          e.getMessage());
    }
  }

  @Test
  void aStepWithBlockCopiesIsRefused() {
    try (TinyModel model = new TinyModel();
        StepRunner runner = StepRunner.build(model, graphs().build())) {
      runner.step().clear();
      runner.step().copyBlock(1, 2);
      InvalidInputException e = assertThrows(InvalidInputException.class, runner::run);
      assertEquals(
          "A step with 1 block copies; expected none, since plans of this version have no"
              + " 'copy_blocks'. [MLA-0303]",
          e.getMessage());
    }
  }

  @Test
  void aBakedArgumentThatChangesIsDetected() {
    try (TinyModel model = new TinyModel();
        StepRunner runner =
            StepRunner.build(
                model,
                capturing(options -> options.backendOption("capturing:ops", "sample")).build())) {
      prompt(runner, 1, 2);
      decode(runner, 4, 1, 2);
      CapturingBackend.baked = 5;
      BackendException e = assertThrows(BackendException.class, () -> decode(runner, 5, 1, 2));
      assertEquals(
          "Graph of backend 'capturing', 'sample' to 'sample': argument 'factor' was baked as 0 and is 5"
              + " now; expected no change. Build the engine anew. [MLA-0115]",
          e.getMessage());
    }
  }

  @Test
  void aFailedCaptureNamesWhatWasCaptured() {
    BackendException e =
        assertThrows(
            BackendException.class,
            () ->
                execution(
                    capturing(options ->
                        options
                            .backendOption("capturing:fails", "1")
                            .backendOption("capturing:ops", "sample"))));
    assertEquals(
        "Backend 'capturing' said it can capture, but failed to capture 'sample' to 'sample' for 1 rows:"
            + " java.lang.IllegalStateException: out of graph memory [MLA-0114]",
        e.getMessage());
  }

  private EngineOptions.Builder graphs() {
    return MixedSteps.options().execution(ExecutionMode.GRAPH);
  }

  private EngineOptions.Builder capturing(Consumer<EngineOptions.Builder> change) {
    EngineOptions.Builder options =
        graphs().pluginLoader(PluginLoader.beside(folder, CapturingBackend.class));
    change.accept(options);
    return options;
  }

  private static List<String> execution(EngineOptions.Builder options) {
    try (TinyModel model = new TinyModel();
        StepRunner runner = StepRunner.build(model, options.build())) {
      return runner.explain().execution();
    }
  }

  private static List<float[]> logits(
      Variant variant, EngineOptions.Builder options, long replayed) {
    try (TinyModel model = new TinyModel(variant);
        StepRunner runner = StepRunner.build(model, options.build())) {
      List<float[]> logits = MixedSteps.logits(runner);
      assertEquals(replayed, runner.replayedSteps());
      return logits;
    }
  }

  private static void prompt(StepRunner runner, int... blocks) {
    runner.step().clear();
    runner.step().addSequence(Phase.PREFILL, 0, IDS, 0, 4, blocks, blocks.length);
    runner.run();
  }

  private static float[] decode(StepRunner runner, int context, int... blocks) {
    runner.step().clear();
    runner.step().addSequence(Phase.DECODE, context, IDS, context, 1, blocks, blocks.length);
    runner.step().wantAllLogits();
    runner.run();
    return runner.logits(0);
  }
}
