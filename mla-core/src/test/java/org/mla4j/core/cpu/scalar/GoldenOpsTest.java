package org.mla4j.core.cpu.scalar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.mla4j.core.testing.Close.assertClose;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.plan.StepValue;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.MoeSpec.GroupScore;
import org.mla4j.api.spec.MoeSpec.Scoring;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.testing.ArrayWeight;
import org.mla4j.core.testing.GoldenFile;
import org.mla4j.core.testing.OpTestBench;
import tools.jackson.databind.JsonNode;

@DisplayName("Scalar kernels against reference outputs of row-wise ops")
class GoldenOpsTest {
  private static final GoldenFile GOLDEN = GoldenFile.ops();
  private static final double BOUND = 2e-6;

  private final ScalarKernels kernels = new ScalarKernels();

  static List<JsonNode> rmsNorm() {
    return GOLDEN.cases("rms_norm");
  }

  @ParameterizedTest
  @MethodSource
  void rmsNorm(JsonNode golden) {
    int rows = GOLDEN.shape(golden, "x")[0];
    int width = GOLDEN.shape(golden, "x")[1];
    double eps = golden.get("eps").asDouble();
    try (OpTestBench bench = OpTestBench.tokens(rows + 1).prefillStep(rows)) {
      ArrayWeight weight =
          ArrayWeight.of("norm", DType.F32, GOLDEN.floats(golden, "weight"), width);
      StepValue x = bench.filled("x", Rows.ALL, GOLDEN.floats(golden, "x"), width);
      StepValue out = bench.buffer("out", Rows.ALL, width);

      bench.run(kernels, new RmsNorm(x, weight, eps, 1, out));
      assertClose(GOLDEN.floats(golden, "y"), bench.read(out), BOUND, "norm");

      StepValue residual =
          bench.filled("residual", Rows.ALL, GOLDEN.floats(golden, "residual"), width);
      bench.run(kernels, new Add(x, residual));
      bench.run(kernels, new RmsNorm(x, weight, eps, 1, x));
      assertClose(
          GOLDEN.floats(golden, "y_of_x_plus_residual"), bench.read(x), BOUND, "norm of the sum");
    }
  }

  static List<JsonNode> siluAndMul() {
    return GOLDEN.cases("silu_and_mul");
  }

  @ParameterizedTest
  @MethodSource
  void siluAndMul(JsonNode golden) {
    int rows = GOLDEN.shape(golden, "y")[0];
    int width = GOLDEN.shape(golden, "y")[1];
    try (OpTestBench bench = OpTestBench.tokens(rows + 1).prefillStep(rows)) {
      StepValue gateUp =
          bench.filled("gate_up", Rows.ALL, GOLDEN.floats(golden, "x_gate_then_up"), 2L * width);
      StepValue out = bench.buffer("out", Rows.ALL, width);

      bench.run(kernels, new SiluAndMul(gateUp, out));
      assertClose(GOLDEN.floats(golden, "y"), bench.read(out), BOUND, "silu");
    }
  }

  static List<JsonNode> moeGate() {
    return GOLDEN.cases("moe_gate");
  }

  @ParameterizedTest
  @MethodSource
  void moeGate(JsonNode golden) {
    MoeSpec spec = spec(golden);
    int rows = GOLDEN.shape(golden, "logits")[0];
    try (OpTestBench bench = OpTestBench.tokens(rows + 1).prefillStep(rows)) {
      ArrayWeight bias =
          golden.has("e_score_correction_bias")
              ? ArrayWeight.of(
                  "bias",
                  DType.F32,
                  GOLDEN.floats(golden, "e_score_correction_bias"),
                  spec.experts())
              : null;
      StepValue logits =
          bench.filled("logits", Rows.ALL, GOLDEN.floats(golden, "logits"), spec.experts());
      StepValue ids = StepValue.buffer("ids", DType.I32, Rows.ALL, spec.topK());
      StepValue weights = bench.buffer("weights", Rows.ALL, spec.topK());

      bench.run(kernels, new MoeGate(spec, logits, bias, ids, weights));
      assertArrayEquals(GOLDEN.ints(golden, "topk_ids"), bench.readInts(ids));
      assertClose(GOLDEN.floats(golden, "topk_weights"), bench.read(weights), BOUND, "weights");
    }
  }

  private static MoeSpec spec(JsonNode golden) {
    Scoring scoring =
        golden.get("scoring").asString().equals("sigmoid") ? Scoring.SIGMOID : Scoring.SOFTMAX;
    return new MoeSpec(
        8,
        golden.get("n_experts").asInt(),
        golden.get("top_k").asInt(),
        8,
        scoring,
        golden.get("n_group").asInt(),
        golden.get("topk_group").asInt(),
        scoring == Scoring.SIGMOID ? GroupScore.TOP2_SUM : GroupScore.MAX,
        golden.get("norm_topk_prob").asBoolean(),
        golden.get("routed_scaling_factor").asDouble(),
        0);
  }

  @Test
  void everyReferenceOpIsTested() {
    assertArrayEquals(
        new String[] {
          "rms_norm", "silu_and_mul", "rope_tables", "rope_apply", "concat_and_cache",
          "paged_mla_decode", "moe_gate", "e4m3", "bf16", "f16_decode", "fp8_block_dequant"
        },
        GOLDEN.manifest().get("ops").propertyNames().toArray(String[]::new),
        "a new op in ops.json wants a test here, or in the classes beside this one");
  }
}
