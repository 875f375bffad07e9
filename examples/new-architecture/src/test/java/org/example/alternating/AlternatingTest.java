package org.example.alternating;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.engine.Generation;
import org.mla4j.core.engine.GenerationRequest;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.TextEngine;
import org.mla4j.models.TextOptions;

/** The model as users open it, against the naive one. */
class AlternatingTest {
  private static final int[] PROMPT = {3, 14, 15, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4};

  @TempDir private Path folder;
  private NaiveAlternating naive;

  @BeforeEach
  void writeTheCheckpoint() throws IOException {
    naive = new NaiveAlternating(TinyCheckpoint.write(folder, 7));
  }

  @Test
  void greedyTokensAreTheNaiveOnes() {
    int[] sequence = PROMPT;
    for (int i = 0; i < 16; i++) {
      double[][] logits = naive.logits(sequence);
      sequence = Arrays.copyOf(sequence, sequence.length + 1);
      sequence[sequence.length - 1] = largest(logits[logits.length - 1]);
    }
    List<Integer> expected = Arrays.stream(sequence).skip(PROMPT.length).boxed().toList();
    assertTrue(expected.stream().distinct().count() > 4, "dull tokens prove little: " + expected);
    try (LanguageModel model = LanguageModel.open(folder);
        TextEngine engine = model.start(EngineOptions.builder().build());
        Generation generation =
            engine
                .engine()
                .generate(
                    GenerationRequest.builder(PROMPT)
                        .maxTokens(expected.size())
                        .sampling(Sampling.GREEDY)
                        .build())) {
      assertEquals(expected, generation.result().tokens());
    }
  }

  @Test
  void textGoesInAndComesOut() {
    TextOptions options = TextOptions.builder().maxTokens(3).build();
    String prompt = Arrays.stream(PROMPT).mapToObj(id -> "w" + id).collect(Collectors.joining(" "));
    try (LanguageModel model = LanguageModel.open(folder);
        TextEngine engine = model.start(EngineOptions.builder().build());
        Generation generation = engine.generate(prompt, options)) {
      String text = generation.result().text();
      assertTrue(text.matches(" ?w\\d+ w\\d+ w\\d+"), text);
    }
  }

  /** Both forms of attention, whole prompts and pieces; the form of the cache costs accuracy. */
  @ParameterizedTest
  @CsvSource({"PREFILL, 18", "PREFILL, 5", "DECODE, 1", "DECODE, 7"})
  void logitsAreTheNaiveOnes(Phase phase, int piece) {
    double[][] expected = naive.logits(PROMPT);
    double scale =
        Arrays.stream(expected).flatMapToDouble(Arrays::stream).map(Math::abs).max().orElseThrow();
    List<float[]> found = run(phase, piece);
    assertEquals(expected.length, found.size());
    for (int token = 0; token < expected.length; token++) {
      for (int id = 0; id < TinyCheckpoint.VOCABULARY; id++) {
        assertEquals(
            expected[token][id],
            found.get(token)[id],
            1e-5 * scale,
            "token " + token + ", id " + id);
      }
    }
  }

  @Test
  void everySecondLayerHasNoRope() {
    try (LanguageModel model = LanguageModel.open(folder);
        TextEngine engine = model.start(EngineOptions.builder().build())) {
      List<String> ropes =
          engine.explain().entries().stream()
              .filter(entry -> entry.op().equals("rotary_embedding"))
              .map(Entry::node)
              .toList();
      assertEquals(List.of("layers.0.attn.rotary_emb", "layers.2.attn.rotary_emb"), ropes);
    }
  }

  @Test
  void aWrongConfigurationIsRefusedWithFileAndField() throws IOException {
    Path config = folder.resolve("config.json");
    String json = Files.readString(config);
    assertRefused(
        json.replace("\"rope_theta\": 100.0", "\"rope_theta\": \"long\""),
        config + ": field 'rope_theta' is \"long\"; expected a number. [MLA-0206]");
    assertRefused(
        json.replace("\"qk_rope_head_dim\": 4", "\"qk_rope_head_dim\": 5"),
        config
            + ": RopeSpec: dim = 5; expected an even number, since elements turn in pairs."
            + " [MLA-0206]");
  }

  private void assertRefused(String json, String message) throws IOException {
    Files.writeString(folder.resolve("config.json"), json);
    ModelException e = assertThrows(ModelException.class, () -> LanguageModel.open(folder).close());
    assertEquals(message, e.getMessage());
  }

  /** The logits of every token of the prompt, computed in pieces. */
  private List<float[]> run(Phase phase, int piece) {
    EngineOptions options = EngineOptions.builder().allLogits(true).build();
    List<float[]> logits = new ArrayList<>();
    try (LanguageModel model = LanguageModel.open(folder);
        StepRunner runner = StepRunner.build(model.definition(), options)) {
      // Block 0 is nobody's.
      int[] blocks = IntStream.rangeClosed(1, TinyCheckpoint.POSITIONS / 16).toArray();
      for (int from = 0; from < PROMPT.length; from += piece) {
        int count = Math.min(piece, PROMPT.length - from);
        StepDescription step = runner.step();
        step.clear();
        step.addSequence(phase, from, PROMPT, from, count, blocks, blocks.length);
        step.wantAllLogits();
        runner.run();
        IntStream.range(0, count).forEach(row -> logits.add(runner.logits(row)));
      }
    }
    return logits;
  }

  private static int largest(double[] values) {
    return IntStream.range(0, values.length)
        .reduce((a, b) -> values[b] > values[a] ? b : a)
        .orElseThrow();
  }
}
