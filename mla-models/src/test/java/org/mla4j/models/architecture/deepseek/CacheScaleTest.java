package org.mla4j.models.architecture.deepseek;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.architecture.Architectures;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.oracle.NaiveDeepseek;
import org.mla4j.models.testing.GoldenFiles;
import org.mla4j.models.testing.RandomDeepseek;
import org.mla4j.models.testing.TestPlan;
import org.mla4j.models.verify.GoldenVerifier;
import org.mla4j.models.verify.VerificationReport.Form;
import org.mla4j.models.verify.VerificationReport.TensorCheck;

/** The scale of FP8 cells that a checkpoint was calibrated with. */
class CacheScaleTest {
  private static final String FIRST = "model.layers.0.self_attn.k_scale";
  private static final String SECOND = "model.layers.1.self_attn.k_scale";

  /** Cells have four significant bits; what is right is off by a tenth, at any scale. */
  private static final double FP8_TOLERANCE = 0.2;

  @TempDir Path folder;

  @Test
  void everyLayerHasItsOwnAndOneIsWhatIsNotSaid() {
    model()
        .config("num_hidden_layers", "3")
        .scalar(FIRST, 0.25f)
        .scalar(SECOND, 3, 1)
        .write(folder, 1);
    assertEquals(
        List.of(0.25f, 3f, 1f), caches(DType.F8_E4M3).stream().map(CacheSpec::scale).toList());
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void cellsOfOtherTypesHaveNone(DType dtype) {
    model().scalar(FIRST, 0.25f).scalar(SECOND, Float.NaN).write(folder, 1);
    assertEquals(List.of(1f, 1f), caches(dtype).stream().map(CacheSpec::scale).toList());
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        arguments(0f, "0.0"),
        arguments(-1f, "-1.0"),
        arguments(Float.NaN, "NaN"),
        arguments(Float.POSITIVE_INFINITY, "Infinity"));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void mustBePositiveAndFinite(float scale, String found) {
    model().scalar(SECOND, scale).write(folder, 1);
    ModelException e = assertThrows(ModelException.class, () -> caches(DType.F8_E4M3));
    assertEquals(ErrorCode.MALFORMED_FILE, e.code());
    assertEquals(
        "Checkpoint '"
            + folder
            + "', tensor '"
            + SECOND
            + "': expected a positive finite number, found "
            + found
            + ". [MLA-0204]",
        e.getMessage());
  }

  @Test
  void mustBeOneNumber() {
    model().scalar(FIRST, 1, 1, 1).write(folder, 1);
    ModelException e = assertThrows(ModelException.class, () -> caches(DType.F8_E4M3));
    assertEquals(
        "Checkpoint '"
            + folder
            + "', tensor '"
            + FIRST
            + "': expected [] or [1], found [1, 1]. [MLA-0203]",
        e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(floats = {1, 0.05f, 0.3f, 4})
  void cellsScaledByAnyReasonableNumberSayTheSame(float scale) {
    assertEquals(List.of(), decodedFrom(scale).stream().filter(check -> !check.passed()).toList());
  }

  @ParameterizedTest
  @ValueSource(floats = {1e-4f, 1e5f})
  void cellsBeyondTheRangeOfTheirScaleAreCutOff(float scale) {
    assertTrue(decodedFrom(scale).stream().noneMatch(TensorCheck::passed));
  }

  /** The comparison of what was read from the cache with the oracle, which has none. */
  private List<TensorCheck> decodedFrom(float scale) {
    model().scalar(FIRST, scale).scalar(SECOND, scale).write(folder, 1);
    int[] ids = new Random(2).ints(20, 0, 48).toArray();
    new GoldenFiles(ids).logits(NaiveDeepseek.read(folder).run(ids).logits()).write(folder);
    EngineOptions options = EngineOptions.builder().threads(2).cacheDType(DType.F8_E4M3).build();
    try (ModelDefinition model = open()) {
      return GoldenVerifier.verify(model, folder, options, FP8_TOLERANCE).tensors().stream()
          .filter(check -> check.form() == Form.DECODE)
          .toList();
    }
  }

  /** Without experts, whose choice would amplify the rounding of cells. */
  private static RandomDeepseek model() {
    return RandomDeepseek.v3().config("num_hidden_layers", "2").config("n_routed_experts", null);
  }

  private List<CacheSpec> caches(DType dtype) {
    try (ModelDefinition model = open()) {
      TestPlan plan = TestPlan.empty();
      model.contribute(plan, CacheDTypes.of(dtype));
      return plan.layers().stream()
          .filter(MultiHeadLatentAttention.Call.class::isInstance)
          .map(call -> ((MultiHeadLatentAttention.Call) call).cache().spec())
          .toList();
    }
  }

  private ModelDefinition open() {
    return Architectures.discover().open(folder, ModelConfig.read(folder.resolve("config.json")));
  }
}
