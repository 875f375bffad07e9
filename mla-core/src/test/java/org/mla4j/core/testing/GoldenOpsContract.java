package org.mla4j.core.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.mla4j.core.testing.Close.assertClose;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.MoeSpec.GroupScore;
import org.mla4j.api.spec.MoeSpec.Scoring;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.cpu.kernel.KernelSet;
import tools.jackson.databind.JsonNode;

/**
 * Kernels against the reference outputs of {@code testdata/golden/ops}. Extended once for each set
 * of kernels.
 */
@DisplayName("Kernels against reference outputs")
public abstract class GoldenOpsContract {
  private static final GoldenFile GOLDEN = GoldenFile.ops();

  /** Relative to the largest value: the reference itself computes in binary32. */
  private static final double BOUND = 2e-6;

  /** A complete set. */
  protected abstract KernelSet kernels();

  @Test
  void everyReferenceOpHasATest() {
    assertArrayEquals(
        new String[] {
          "rms_norm",
          "silu_and_mul",
          "rope_tables",
          "rope_apply",
          "concat_and_cache",
          "paged_mla_decode",
          "moe_gate",
          "e4m3",
          "bf16",
          "f16_decode",
          "fp8_block_dequant"
        },
        GOLDEN.manifest().get("ops").propertyNames().toArray(String[]::new),
        "a new op in ops.json wants a test here or beside GoldenNumbersTest");
  }

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
      ArrayWeight weight = weight("norm", golden, "weight");
      StepValue x = bench.filled("x", Rows.ALL, GOLDEN.floats(golden, "x"), width);
      StepValue out = bench.buffer("out", Rows.ALL, width);

      bench.run(kernels(), new RmsNorm(x, weight, eps, 1, out));
      assertClose(GOLDEN.floats(golden, "y"), bench.read(out), BOUND, "norm");

      StepValue residual =
          bench.filled("residual", Rows.ALL, GOLDEN.floats(golden, "residual"), width);
      bench.run(kernels(), new Add(x, residual));
      bench.run(kernels(), new RmsNorm(x, weight, eps, 1, x));
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

      bench.run(kernels(), new SiluAndMul(gateUp, out));
      assertClose(GOLDEN.floats(golden, "y"), bench.read(out), BOUND, "silu");
    }
  }

  static List<JsonNode> ropeApply() {
    return GOLDEN.cases("rope_apply");
  }

  @ParameterizedTest
  @MethodSource
  void ropeApply(JsonNode golden) {
    rotate(golden, RopeStyle.NEOX, "q_neox", "k_neox");
    rotate(golden, RopeStyle.INTERLEAVED, "q_interleaved", "k_interleaved");
  }

  private void rotate(JsonNode golden, RopeStyle style, String expectedQ, String expectedK) {
    int[] positions = GOLDEN.ints(golden, "positions");
    int[] shape = GOLDEN.shape(golden, "q");
    int dim = shape[2];
    int rowCount = Arrays.stream(positions).max().orElseThrow() + 1;
    JsonNode spec = GoldenRopes.table(GOLDEN, golden.get("table").asString());
    ArrayWeight table =
        ArrayWeight.of(
            "table", DType.F32, GoldenRopes.rows(GOLDEN, spec, positions, rowCount), rowCount, dim);
    try (OpTestBench bench = benchOfOneBlockSequences(shape[0], rowCount)) {
      for (int position : positions) {
        bench.add(Phase.DECODE, position, 1, 1);
      }
      StepValue q = bench.filled("q", Rows.ALL, GOLDEN.floats(golden, "q"), shape[1], dim);
      StepValue k = bench.filled("k", Rows.ALL, GOLDEN.floats(golden, "k"), dim);

      bench.run(kernels(), new RotaryEmbedding(q, k, table, style));
      assertClose(GOLDEN.floats(golden, expectedQ), bench.read(q), BOUND, expectedQ);
      assertClose(GOLDEN.floats(golden, expectedK), bench.read(k), BOUND, expectedK);
      if (style == RopeStyle.INTERLEAVED) {
        assertClose(
            GOLDEN.floats(golden, "q_interleaved_then_halves"),
            evensThenOdds(bench.read(q), dim),
            BOUND,
            "q in halves");
        assertClose(
            GOLDEN.floats(golden, "k_interleaved_then_halves"),
            evensThenOdds(bench.read(k), dim),
            BOUND,
            "k in halves");
      }
    }
  }

  private static OpTestBench benchOfOneBlockSequences(int sequences, int blockSize) {
    return new OpTestBench(
        new StepLimits(sequences + 1, sequences, blockSize, blockSize, 2),
        TestParallel.sequential());
  }

  private static float[] evensThenOdds(float[] rows, int width) {
    float[] permuted = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      int column = i % width;
      permuted[i - column + column / 2 + column % 2 * (width / 2)] = rows[i];
    }
    return permuted;
  }

  static List<JsonNode> concatAndCache() {
    return GOLDEN.cases("concat_and_cache");
  }

  @ParameterizedTest
  @MethodSource
  void concatAndCache(JsonNode golden) {
    float[] before = GOLDEN.floats(golden, "cache_before");
    assertArrayEquals(
        GOLDEN.floats(golden, "cache_after"),
        cacheAfter(golden, DType.F32, 1, before, float[].class));
    assertArrayEquals(
        GOLDEN.shorts(golden, "cache_after_bf16_bits"),
        cacheAfter(golden, DType.BF16, 1, before, short[].class));
    assertArrayEquals(
        GOLDEN.bytes(golden, "cache_after_fp8_codes_from_zero"),
        cacheAfter(
            golden,
            DType.F8_E4M3,
            (float) golden.get("fp8_scale").asDouble(),
            new float[before.length],
            byte[].class));
  }

  /** Writes to a cache whose block i + 1 is the reference's block i: block 0 is reserved here. */
  private <T> T cacheAfter(
      JsonNode golden, DType dtype, float scale, float[] before, Class<T> type) {
    int blockSize = golden.get("block_size").asInt();
    int blocks = golden.get("num_blocks").asInt() + 1;
    int latent = golden.get("kv_lora_rank").asInt();
    int rope = golden.get("rope_dim").asInt();
    long[] slots = GOLDEN.longs(golden, "slot_mapping");
    CacheSpec spec = new CacheSpec(CacheSpec.mla(latent, rope, dtype).parts(), dtype, scale);
    CacheValue cache = new CacheValue("cache", "layer", spec);
    try (OpTestBench bench =
        new OpTestBench(
            new StepLimits(slots.length + 1, slots.length, blockSize, blockSize, blocks),
            TestParallel.sequential())) {
      for (int token = 0; token < slots.length; token++) {
        long slot = Math.max(0, slots[token]);
        bench.add(Phase.DECODE, (int) (slot % blockSize), 1, (int) (slot / blockSize) + 1);
        if (slots[token] < 0) {
          bench.step().skipSlot(token);
        }
      }
      StepValue kvC = bench.filled("kv_c", Rows.ALL, GOLDEN.floats(golden, "kv_c"), latent);
      StepValue kPe = bench.filled("k_pe", Rows.ALL, GOLDEN.floats(golden, "k_pe"), rope);
      int reserved = blockSize * (latent + rope);
      bench.fillCache(cache, reserved, before);

      bench.run(kernels(), new ConcatAndCacheMla(kvC, kPe, cache));
      return type.cast(cells(bench.cache(cache), reserved));
    }
  }

  private static Object cells(Tensor cache, int from) {
    var cells =
        cache
            .segment()
            .asSlice(
                cache.byteOffset() + (long) from * cache.dtype().byteSize(),
                (cache.shape().elements() - from) * cache.dtype().byteSize());
    return switch (cache.dtype().byteSize()) {
      case Float.BYTES -> cells.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
      case Short.BYTES -> cells.toArray(ValueLayout.JAVA_SHORT_UNALIGNED);
      default -> cells.toArray(ValueLayout.JAVA_BYTE);
    };
  }

  static List<JsonNode> pagedMlaDecode() {
    return GOLDEN.cases("paged_mla_decode");
  }

  @ParameterizedTest
  @MethodSource
  void pagedMlaDecode(JsonNode golden) {
    int[] shape = GOLDEN.shape(golden, "q_latent");
    int[] cacheShape = GOLDEN.shape(golden, "cache");
    int[] table = GOLDEN.ints(golden, "block_table");
    int[] lengths = GOLDEN.ints(golden, "seq_lens");
    int rope = GOLDEN.shape(golden, "q_pe")[2];
    int blockSize = cacheShape[1];
    int tableWidth = table.length / lengths.length;
    try (OpTestBench bench =
        new OpTestBench(
            new StepLimits(
                lengths.length + 1,
                lengths.length,
                tableWidth * blockSize,
                blockSize,
                cacheShape[0] + 1),
            TestParallel.sequential())) {
      for (int i = 0; i < lengths.length; i++) {
        int[] blocks =
            Arrays.stream(
                    table, i * tableWidth, i * tableWidth + Math.ceilDiv(lengths[i], blockSize))
                .map(block -> block + 1)
                .toArray();
        bench.add(Phase.DECODE, lengths[i] - 1, 1, blocks);
      }
      CacheValue cache = new CacheValue("cache", "layer", CacheSpec.mla(shape[2], rope, DType.F32));
      bench.fillCache(cache, (long) blockSize * cacheShape[2], GOLDEN.floats(golden, "cache"));
      StepValue qLatent =
          bench.filled(
              "q_latent", Rows.DECODE, GOLDEN.floats(golden, "q_latent"), shape[1], shape[2]);
      StepValue qPe =
          bench.filled("q_pe", Rows.DECODE, GOLDEN.floats(golden, "q_pe"), shape[1], rope);
      StepValue oLatent = bench.buffer("o_latent", Rows.DECODE, shape[1], shape[2]);
      StepValue lse = bench.buffer("lse", Rows.DECODE, shape[1]);
      double scale = golden.get("softmax_scale").asDouble();

      bench.run(kernels(), new MlaDecodeAttention(qLatent, qPe, cache, scale, oLatent, lse));
      assertClose(GOLDEN.floats(golden, "out_latent"), bench.read(oLatent), BOUND, "output");
      assertClose(GOLDEN.floats(golden, "lse"), bench.read(lse), BOUND, "log-sum-exp");
    }
  }

  static List<JsonNode> moeGate() {
    return GOLDEN.cases("moe_gate");
  }

  @ParameterizedTest
  @MethodSource
  void moeGate(JsonNode golden) {
    MoeSpec spec = moeSpec(golden);
    int rows = GOLDEN.shape(golden, "logits")[0];
    ArrayWeight bias =
        golden.has("e_score_correction_bias")
            ? weight("bias", golden, "e_score_correction_bias")
            : null;
    try (OpTestBench bench = OpTestBench.tokens(rows + 1).prefillStep(rows)) {
      StepValue logits =
          bench.filled("logits", Rows.ALL, GOLDEN.floats(golden, "logits"), spec.experts());
      StepValue ids = StepValue.buffer("ids", DType.I32, Rows.ALL, spec.topK());
      StepValue weights = bench.buffer("weights", Rows.ALL, spec.topK());

      bench.run(kernels(), new MoeGate(spec, logits, bias, ids, weights));
      assertArrayEquals(GOLDEN.ints(golden, "topk_ids"), bench.readInts(ids));
      assertClose(GOLDEN.floats(golden, "topk_weights"), bench.read(weights), BOUND, "weights");
    }
  }

  private static MoeSpec moeSpec(JsonNode golden) {
    boolean sigmoid = golden.get("scoring").asString().equals("sigmoid");
    return new MoeSpec(
        8,
        golden.get("n_experts").asInt(),
        golden.get("top_k").asInt(),
        8,
        sigmoid ? Scoring.SIGMOID : Scoring.SOFTMAX,
        golden.get("n_group").asInt(),
        golden.get("topk_group").asInt(),
        sigmoid ? GroupScore.TOP2_SUM : GroupScore.MAX,
        golden.get("norm_topk_prob").asBoolean(),
        golden.get("routed_scaling_factor").asDouble(),
        0);
  }

  private static ArrayWeight weight(String name, JsonNode golden, String field) {
    float[] values = GOLDEN.floats(golden, field);
    return ArrayWeight.of(name, DType.F32, values, values.length);
  }
}
