package org.mla4j.models.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.TestData;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.testing.EditedCheckpoint;
import org.mla4j.models.testing.GoldenPrompts;
import org.mla4j.models.verify.GoldenVerifier;
import org.mla4j.models.verify.VerificationReport;
import org.mla4j.models.verify.VerificationReport.Form;
import org.mla4j.models.verify.VerificationReport.TensorCheck;

/** The models compute what the reference computed, and a difference does not go unseen. */
class GoldenModelTest {
  @TempDir Path folder;

  @ParameterizedTest(name = "{0}, threads {1}, vector {2}")
  @CsvSource({
    "deepseek-v2-lite-tiny, 1, off",
    "deepseek-v2-lite-tiny, 2, auto",
    "deepseek-v2-tiny, 1, off",
    "deepseek-v2-tiny, 2, auto",
    "deepseek-v3-tiny, 1, auto",
    "deepseek-v3-tiny, 2, off",
    "deepseek-v3-tiny-fp8, 1, auto",
    "deepseek-v3-tiny-fp8, 2, off",
    "deepseek-v3-wide-tiny, 2, auto",
    "kimi-k2-tiny, 1, off",
    "kimi-k2-tiny, 2, auto",
    "glm4-moe-lite-tiny, 1, auto",
    "glm4-moe-lite-tiny, 2, off",
    "minicpm3-tiny, 1, off",
    "minicpm3-tiny, 2, auto",
    "qwen2-tiny, 1, off",
    "qwen2-tiny, 2, auto",
    "qwen3-tiny, 1, off",
    "qwen3-tiny, 2, auto",
    "qwen2-mla-src-tiny, 1, auto",
    "qwen2-mla-src-tiny, 2, off",
    "qwen2-mla-exact-tiny, 1, off",
    "qwen2-mla-exact-tiny, 2, auto",
    "qwen2-mla-lowrank-tiny, 1, auto",
    "qwen2-mla-lowrank-tiny, 2, off"
  })
  void computesWhatTheReferenceComputed(String golden, int threads, String vector) {
    VerificationReport report =
        verify(TestData.golden(golden), threads, vector, GoldenVerifier.DEFAULT_TOLERANCE);
    assertEquals(List.of(), failures(report));
    assertTrue(report.passed());
    // Four prompts in three forms; of one of them the inside, in all forms.
    assertEquals(4 * Form.values().length, report.greedy().size());
    assertEquals(Set.of(Form.values()), forms(report));
    Set<String> seen = tensors(report);
    seen.removeIf(name -> name.startsWith("logits."));
    assertEquals(recorded(golden), seen);
  }

  /**
   * What the reference recorded, without the rotary parts that it recorded in a second order, too.
   */
  private static Set<String> recorded(String golden) {
    Set<String> names = GoldenPrompts.insides(golden);
    names.removeIf(name ->
        name.endsWith("_halves") && names.contains(name.replace("_halves", "_interleaved")));
    return names;
  }

  @Test
  void noOtherArithmeticIsExactlyTheReferences() {
    VerificationReport report = verify(TestData.golden("deepseek-v2-lite-tiny"), 2, "auto", 1e-9);
    assertFalse(report.passed());
    // The rounding of single products differs, the tokens that come of it do not.
    assertTrue(report.greedy().stream().allMatch(VerificationReport.GreedyCheck::passed));
    assertTrue(
        failures(report).stream().anyMatch(failure -> failure.contains("hidden.p33.layer2")));
  }

  @Test
  void aNormOfTheWrongSignIsSeenFromItsLayerOn() throws Exception {
    Path source = TestData.golden("deepseek-v2-lite-tiny");
    EditedCheckpoint.of("deepseek-v2-lite-tiny", folder)
        .bytes(
            "model.layers.1.self_attn.kv_a_layernorm.weight",
            bytes -> {
              for (int i = 0; i < bytes.capacity(); i += 2) {
                bytes.putShort(i, BFloat16.fromFloat(-BFloat16.toFloat(bytes.getShort(i))));
              }
            })
        .write();
    for (String file : List.of("golden.json", "golden.bin")) {
      Files.copy(source.resolve(file), folder.resolve(file));
    }
    VerificationReport report = verify(folder, 2, "auto", GoldenVerifier.DEFAULT_TOLERANCE);
    assertFalse(report.passed());
    Set<String> failed =
        report.tensors().stream()
            .filter(check -> !check.passed())
            .map(TensorCheck::tensor)
            .collect(Collectors.toCollection(TreeSet::new));
    assertTrue(failed.containsAll(Set.of("hidden.p33.layer1", "hidden.p33.final_norm")));
    assertFalse(failed.contains("hidden.p33.layer0"));
    assertTrue(failed.stream().noneMatch(tensor -> tensor.startsWith("attn0.")));
  }

  private static VerificationReport verify(
      Path folder, int threads, String vector, double tolerance) {
    ModelConfig config = ModelConfig.read(folder.resolve("config.json"));
    EngineOptions options =
        EngineOptions.builder().threads(threads).backendOption("cpu:vector", vector).build();
    try (ModelDefinition model = Architectures.discover().open(folder, config)) {
      return GoldenVerifier.verify(model, folder, options, tolerance);
    }
  }

  private static List<String> failures(VerificationReport report) {
    return Stream.concat(
            report.tensors().stream().filter(check -> !check.passed()).map(Object::toString),
            report.greedy().stream().filter(check -> !check.passed()).map(Object::toString))
        .toList();
  }

  private static Set<Form> forms(VerificationReport report) {
    return report.tensors().stream().map(TensorCheck::form).collect(Collectors.toSet());
  }

  private static Set<String> tensors(VerificationReport report) {
    return report.tensors().stream()
        .map(TensorCheck::tensor)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
