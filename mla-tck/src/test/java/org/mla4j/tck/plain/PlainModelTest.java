package org.mla4j.tck.plain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;

/** The plain backend gives the logits of {@code cpu}, whatever it is told to offer. */
class PlainModelTest {
  @TempDir Path folder;

  @ParameterizedTest(name = "{0} {1}={2}")
  @CsvSource({
    "F32, fused, none",
    "F32, fused, all",
    "BF16, fused, all",
    "F16, fused, none",
    "F8_E4M3, fused, none",
    "F32, attention, all",
    "F32, attention, absorbed>latent",
    "F32, attention, normed>heads",
    "F32, attention, latents>heads",
    "F32, attention, hidden>hidden",
    "F32, layer, on",
    "BF16, layer, on",
    "F32, layout, split",
    "F32, layout, nz/deinterleaved/16"
  })
  void agreesWithCpu(DType cacheDType, String option, String value) {
    EngineOptions.Builder plain =
        options(cacheDType)
            .backend(PlainBackendProvider.NAME)
            .backendOption(PlainBackendProvider.NAME + ":" + option, value);
    double bound = cacheDType == DType.F32 ? 1e-4 : cacheDType == DType.F8_E4M3 ? 0.3 : 0.03;
    assertClose(logits(options(cacheDType).backend("cpu")), logits(plain), bound);
  }

  /** On a device of its own, with whatever it lacks on {@code cpu} in between. */
  @ParameterizedTest(name = "{0} {1}={2}, without {3}")
  @CsvSource({
    "F32, fused, all, ''",
    "BF16, fused, none, ''",
    "F32, attention, roped>latent, ''",
    "F32, layer, on, ''",
    "F32, layout, nz/deinterleaved/16, ''",
    "F32, fused, none, sample",
    "F32, fused, none, embedding|linear|select_rows",
    "F32, fused, none, rotary_embedding|absorb_query",
    "F32, fused, none, mla_prefill_attention",
    "F32, fused, none, mla_context_attention",
    "F32, fused, none, merge_attention_states|silu_and_mul",
    "F32, fused, none, fused_moe|project_value",
  })
  void agreesWithCpuFromADevice(DType cacheDType, String option, String value, String without) {
    String name = PlainBackendProvider.NAME;
    EngineOptions.Builder plain =
        options(cacheDType)
            .backend(name)
            .backendOption(name + ":device", "on")
            .backendOption(name + ":" + option, value)
            .backendOption(name + ":without", without);
    assertClose(
        logits(options(cacheDType).backend("cpu")),
        logits(plain),
        cacheDType == DType.F32 ? 1e-4 : 0.03);
  }

  @Test
  void takesWeightsAgain() {
    assertClose(
        reloaded(options(DType.F32).backend("cpu")),
        reloaded(options(DType.F32).backend(PlainBackendProvider.NAME)),
        1e-4);
  }

  private EngineOptions.Builder options(DType cacheDType) {
    return EngineOptions.builder()
        .pluginLoader(new ProviderLoader(folder))
        .cacheDType(cacheDType)
        .maxTokensPerStep(48)
        .maxSequences(6)
        .contextTokens(16)
        .cacheTokens(512)
        .allLogits(true)
        .threads(2);
  }

  private static List<float[]> logits(EngineOptions.Builder options) {
    try (SmallModel model = new SmallModel();
        StepRunner runner = StepRunner.build(model, options.build())) {
      return logits(runner);
    }
  }

  private static List<float[]> reloaded(EngineOptions.Builder options) {
    try (SmallModel model = new SmallModel();
        StepRunner runner = StepRunner.build(model, options.build())) {
      logits(runner);
      model.negateNorms();
      runner.reloadWeights();
      return logits(runner);
    }
  }

  /** Prompts, then a step of decode tokens beside a prompt with context and a new one. */
  private static List<float[]> logits(StepRunner runner) {
    List<float[]> all = new ArrayList<>();
    StepDescription step = runner.step();
    step.clear();
    add(step, Phase.PREFILL, 1, 0, 20, 3, 1);
    add(step, Phase.PREFILL, 2, 0, 19, 5, 2);
    add(step, Phase.PREFILL, 3, 0, 5, 4);
    run(runner, all);
    step.clear();
    add(step, Phase.DECODE, 1, 20, 1, 3, 1);
    add(step, Phase.DECODE, 3, 5, 2, 4);
    add(step, Phase.PREFILL, 2, 19, 6, 5, 2);
    add(step, Phase.PREFILL, 4, 0, 3, 6);
    run(runner, all);
    step.profile(7);
    runner.run();
    return all;
  }

  private static void add(
      StepDescription step, Phase phase, int seed, int context, int count, int... blocks) {
    int[] ids = new int[count];
    for (int i = 0; i < count; i++) {
      ids[i] = (seed * 31 + (context + i) * 7) % SmallModel.VOCABULARY;
    }
    step.addSequence(phase, context, ids, 0, count, blocks, blocks.length);
    step.wantAllLogits();
  }

  private static void run(StepRunner runner, List<float[]> logits) {
    runner.run();
    for (int row = 0; row < runner.step().count(Rows.LOGITS); row++) {
      logits.add(runner.logits(row));
    }
  }

  private static void assertClose(List<float[]> expected, List<float[]> actual, double bound) {
    assertEquals(expected.size(), actual.size());
    for (int row = 0; row < expected.size(); row++) {
      for (int i = 0; i < expected.get(row).length; i++) {
        float wanted = expected.get(row)[i];
        float found = actual.get(row)[i];
        assertTrue(
            Math.abs(wanted - found) <= bound,
            "logit " + i + " of row " + row + ": expected " + wanted + ", found " + found);
      }
    }
  }
}
