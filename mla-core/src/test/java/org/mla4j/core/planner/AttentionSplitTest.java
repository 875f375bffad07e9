package org.mla4j.core.planner;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Before;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.api.error.BackendException;
import org.mla4j.core.options.AttentionSplit;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.core.testing.FusingBackend;
import org.mla4j.core.testing.MixedSteps;
import org.mla4j.core.testing.PluginLoader;
import org.mla4j.core.testing.StatedAttention;
import org.mla4j.core.testing.TinyModel;
import org.mla4j.core.testing.TinyModel.Variant;

/** Attention as separate nodes, as one opaque op, and cut where a backend says. */
class AttentionSplitTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(Variant.class)
  void opaqueAndVisibleGiveTheSameBits(Variant variant) {
    List<float[]> visible = logits(variant, options -> {});
    List<float[]> opaque =
        logits(variant, options -> options.attentionSplit(AttentionSplit.OPAQUE));
    for (int i = 0; i < visible.size(); i++) {
      assertArrayEquals(visible.get(i), opaque.get(i));
    }
  }

  @Test
  void passesSeeOneOpOfAnOpaqueSplitAndTheStepRunsItsParts() {
    Explanation explanation = explain(options -> options.attentionSplit(AttentionSplit.OPAQUE));
    assertTrue(
        explanation.before().contains(new Before("layers.0.attn.attention", "mla_attention", "")));
    assertFalse(has(explanation, "mla_attention"));
    assertTrue(has(explanation, "mla_decode_attention"));
    assertTrue(has(explanation, "mla_prefill_attention"));
  }

  /** Wherever a plan is cut, the rest of it is the same. */
  @ParameterizedTest
  @CsvSource({
    "hidden, hidden",
    "hidden, heads",
    "latents, heads",
    "normed, heads",
    "normed, hidden",
    "roped, heads",
    "roped, hidden"
  })
  void aStatedFormGivesTheSameBitsWhereverItCuts(String takes, String returns) {
    for (Variant variant : Variant.values()) {
      List<float[]> separate = logits(variant, options -> {});
      List<float[]> stated = logits(variant, stated(takes + "-" + returns));
      for (int i = 0; i < separate.size(); i++) {
        assertArrayEquals(separate.get(i), stated.get(i), variant + ", row " + i);
      }
    }
  }

  /** With absorbed queries there is one algebraic form for all tokens, so bits may differ. */
  @ParameterizedTest
  @CsvSource({"absorbed, latent", "absorbed, heads", "roped, latent", "hidden, latent"})
  void theAbsorbedFormsGiveTheSameNumbers(String takes, String returns) {
    for (Variant variant : Variant.values()) {
      List<float[]> separate = logits(variant, options -> {});
      List<float[]> stated = logits(variant, stated(takes + "-" + returns));
      for (int i = 0; i < separate.size(); i++) {
        assertArrayEquals(separate.get(i), stated.get(i), 2e-5f, variant + ", row " + i);
      }
    }
  }

  @Test
  void theFirstFormThatIsSupportedIsTaken() {
    Explanation explanation = explain(stated("hidden-hidden+roped-heads", "hidden-hidden"));
    Entry taken =
        explanation.entries().stream()
            .filter(entry -> entry.op().equals("mla_attention"))
            .findFirst()
            .orElseThrow();
    assertEquals("stated", taken.backend());
    assertTrue(has(explanation, "rotary_embedding"), "roped queries are made by the plan");
  }

  @Test
  void anOpThatIsSwitchedOffIsNotHiddenInAttention() {
    Explanation explanation =
        explain(stated("normed-heads").andThen(options -> options.ops("-rotary_embedding")));
    assertFalse(has(explanation, "mla_attention"));
    assertEquals(
        List.of("normed -> heads: op list '-rotary_embedding' switches 'rotary_embedding' off"),
        explanation.entries().stream()
            .filter(entry -> entry.node().equals("layers.0.attn.q_proj"))
            .flatMap(entry -> entry.declined().stream())
            .filter(declined -> declined.what().equals("mla_attention"))
            .findFirst()
            .orElseThrow()
            .reasons());
  }

  /** What the user's own list forbids is no refusal of the backend. */
  @Test
  void aNamedBackendWhoseAttentionIsSwitchedOffLeavesItToCpu() {
    for (String list : List.of("-rotary_embedding", "mla_attention=cpu")) {
      Explanation explanation =
          explain(stated("normed-heads").andThen(options -> options.backend("stated").ops(list)));
      assertFalse(has(explanation, "mla_attention"), list);
    }
  }

  @Test
  void attentionThatIsPinnedToSomebodyWhoHasNoneIsAnError() {
    BackendException e =
        assertThrows(
            BackendException.class,
            () ->
                explain(options ->
                    options
                        .pluginLoader(PluginLoader.beside(folder, FusingBackend.class))
                        .ops("mla_attention=fusing")));
    assertEquals(
        "Backend 'fusing' was chosen but declines op 'mla_attention': has no op 'mla_attention'. Choose"
            + " 'auto', or change the op list 'mla_attention=fusing'. [MLA-0104]",
        e.getMessage());
  }

  @Test
  void aNamedBackendThatDeclinesTheAttentionItHasIsAnError() {
    BackendException e =
        assertThrows(
            BackendException.class,
            () ->
                explain(
                    stated("roped-heads", "roped-heads")
                        .andThen(options -> options.backend("stated"))));
    assertEquals(
        "Backend 'stated' was chosen but declines op 'mla_attention' of 'layers.0.attn': roped -> heads: not"
            + " today. Choose 'auto', or give an op list. [MLA-0104]",
        e.getMessage());
  }

  private static boolean has(Explanation explanation, String op) {
    return explanation.entries().stream().anyMatch(entry -> entry.op().equals(op));
  }

  private Consumer<EngineOptions.Builder> stated(String forms, String... refused) {
    return options ->
        options
            .pluginLoader(PluginLoader.beside(folder, StatedAttention.class))
            .backendOption("stated:forms", forms)
            .backendOption("stated:refuses", String.join("+", refused));
  }

  private static Explanation explain(Consumer<EngineOptions.Builder> change) {
    EngineOptions.Builder options =
        EngineOptions.builder().threads(1).backendOption("cpu:fused", "off");
    change.accept(options);
    try (TinyModel model = new TinyModel();
        StepRunner runner = StepRunner.build(model, options.build())) {
      return runner.explain();
    }
  }

  private static List<float[]> logits(Variant variant, Consumer<EngineOptions.Builder> change) {
    EngineOptions.Builder options = MixedSteps.options();
    change.accept(options);
    try (TinyModel model = new TinyModel(variant);
        StepRunner runner = StepRunner.build(model, options.build())) {
      return MixedSteps.logits(runner);
    }
  }
}
