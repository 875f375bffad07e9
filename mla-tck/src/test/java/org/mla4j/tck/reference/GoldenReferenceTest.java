package org.mla4j.tck.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.FusedAddRmsNorm;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.Op;
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
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.tck.SampleWeight;
import org.mla4j.tck.harness.Bench;
import tools.jackson.databind.JsonNode;

@DisplayName("The references against outputs of published implementations")
class GoldenReferenceTest {
  private static final GoldenOps GOLDEN = GoldenOps.open();

  /** The published implementations compute in binary32. */
  private static final double BOUND = 2e-6;

  private static StepValue value(String name, long... extents) {
    return StepValue.buffer(name, DType.F32, Rows.ALL, extents);
  }

  /** A bench of some tokens of one sequence. */
  private static Bench bench(int tokens) {
    Bench bench = new Bench(new StepLimits(tokens + 1, 1, tokens, tokens, 3));
    bench.step().addSequence(Phase.PREFILL, 0, new int[tokens], 0, tokens, new int[] {1}, 1);
    return bench;
  }

  private static void fill(Bench bench, StepValue value, double[] numbers) {
    int width = value.rowWidth();
    for (int row = 0; row * width < numbers.length; row++) {
      bench.fill(value, row, Arrays.copyOfRange(numbers, row * width, (row + 1) * width));
    }
  }

  private static StepMemory run(Bench bench, Op op) {
    bench.bind(op);
    StepMemory memory = bench.model();
    References.run(op, memory);
    return memory;
  }

  private static double[] read(StepMemory memory, StepValue value) {
    double[] all = new double[memory.rows(value) * value.rowWidth()];
    for (int row = 0; row < memory.rows(value); row++) {
      System.arraycopy(memory.row(value, row), 0, all, row * value.rowWidth(), value.rowWidth());
    }
    return all;
  }

  private static void close(double[] expected, double[] found, String what) {
    assertEquals(expected.length, found.length, what);
    double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], found[i], BOUND * largest, what + ", element " + i);
    }
  }

  private static SampleWeight weight(JsonNode golden, String field) {
    double[] numbers = GOLDEN.numbers(golden, field);
    return SampleWeight.of(field, DType.F32, numbers, numbers.length);
  }

  static List<JsonNode> rmsNorm() {
    return GOLDEN.cases("rms_norm");
  }

  @ParameterizedTest
  @MethodSource
  void rmsNorm(JsonNode golden) {
    int[] shape = GOLDEN.shape(golden, "x");
    StepValue x = value("x", shape[1]);
    StepValue y = value("y", shape[1]);
    StepValue out = value("out", shape[1]);
    try (Bench bench = bench(shape[0])) {
      fill(bench, x, GOLDEN.numbers(golden, "x"));
      fill(bench, y, GOLDEN.numbers(golden, "residual"));
      RmsNorm norm = new RmsNorm(x, weight(golden, "weight"), golden.get("eps").asDouble(), 1, out);
      close(GOLDEN.numbers(golden, "y"), read(run(bench, norm), out), "norm");
      close(
          GOLDEN.numbers(golden, "y_of_x_plus_residual"),
          read(run(bench, new FusedAddRmsNorm(new Add(x, y), norm)), out),
          "norm of the sum");
    }
  }

  static List<JsonNode> silu() {
    return GOLDEN.cases("silu_and_mul");
  }

  @ParameterizedTest
  @MethodSource
  void silu(JsonNode golden) {
    int[] shape = GOLDEN.shape(golden, "y");
    StepValue gateUp = value("gate_up", 2L * shape[1]);
    StepValue out = value("out", shape[1]);
    try (Bench bench = bench(shape[0])) {
      fill(bench, gateUp, GOLDEN.numbers(golden, "x_gate_then_up"));
      close(
          GOLDEN.numbers(golden, "y"), read(run(bench, new SiluAndMul(gateUp, out)), out), "silu");
    }
  }

  static List<JsonNode> rope() {
    return GOLDEN.cases("rope_apply");
  }

  @ParameterizedTest
  @MethodSource
  void rope(JsonNode golden) {
    double[] positions = GOLDEN.numbers(golden, "positions");
    int[] shape = GOLDEN.shape(golden, "q");
    int rows = (int) Arrays.stream(positions).max().orElseThrow() + 1;
    for (RopeStyle style : RopeStyle.values()) {
      boolean neox = style == RopeStyle.NEOX;
      try (Bench bench = new Bench(new StepLimits(shape[0], shape[0], rows, rows, shape[0] + 1))) {
        for (int i = 0; i < shape[0]; i++) {
          bench
              .step()
              .addSequence(
                  Phase.DECODE, (int) positions[i], new int[1], 0, 1, new int[] {i + 1}, 1);
        }
        StepValue q = value("q", shape[1], shape[2]);
        StepValue k = value("k", shape[2]);
        fill(bench, q, GOLDEN.numbers(golden, "q"));
        fill(bench, k, GOLDEN.numbers(golden, "k"));
        SampleWeight table =
            SampleWeight.of("t", DType.F32, table(golden, positions, rows), rows, shape[2]);
        StepMemory memory = run(bench, new RotaryEmbedding(q, k, table, style));
        close(
            GOLDEN.numbers(golden, neox ? "q_neox" : "q_interleaved"), read(memory, q), "queries");
        close(GOLDEN.numbers(golden, neox ? "k_neox" : "k_interleaved"), read(memory, k), "key");
      }
    }
  }

  /** Cos and sin of the published frequencies at the positions that occur. */
  private static double[] table(JsonNode golden, double[] positions, int rows) {
    JsonNode table =
        GOLDEN.cases("rope_tables").stream()
            .filter(c -> c.get("name").asString().equals(golden.get("table").asString()))
            .findFirst()
            .orElseThrow();
    double[] frequencies = GOLDEN.numbers(table, "inv_freq");
    double factor = table.get("attention_factor_on_cos_sin").asDouble();
    int half = frequencies.length;
    double[] numbers = new double[rows * 2 * half];
    for (double position : positions) {
      for (int i = 0; i < half; i++) {
        float angle = (float) position * (float) frequencies[i];
        numbers[(int) position * 2 * half + i] = Math.cos(angle) * factor;
        numbers[(int) position * 2 * half + half + i] = Math.sin(angle) * factor;
      }
    }
    return numbers;
  }

  static List<JsonNode> concat() {
    return GOLDEN.cases("concat_and_cache");
  }

  @ParameterizedTest
  @MethodSource
  void concat(JsonNode golden) {
    float scale = (float) golden.get("fp8_scale").asDouble();
    assertCells(golden, DType.F32, 1, "cache_after");
    assertCells(golden, DType.BF16, 1, "cache_after_bf16_bits");
    assertCells(golden, DType.F8_E4M3, scale, "cache_after_fp8_codes_from_zero");
  }

  private static void assertCells(JsonNode golden, DType dtype, float scale, String field) {
    int blockSize = golden.get("block_size").asInt();
    int blocks = golden.get("num_blocks").asInt();
    int latent = golden.get("kv_lora_rank").asInt();
    int rope = golden.get("rope_dim").asInt();
    double[] slots = GOLDEN.numbers(golden, "slot_mapping");
    double[] before = GOLDEN.numbers(golden, "cache_before");
    int tokens = slots.length;
    CacheSpec spec = new CacheSpec(CacheSpec.mla(latent, rope, dtype).parts(), dtype, scale);
    CacheValue cache = new CacheValue("cache", "layer", spec);
    StepValue kvC = value("kv_c", latent);
    StepValue kPe = value("k_pe", rope);
    try (Bench bench =
        new Bench(new StepLimits(tokens, tokens, blockSize, blockSize, Math.max(2, blocks)))) {
      for (int i = 0; i < tokens; i++) {
        bench.step().addSequence(Phase.DECODE, 0, new int[1], 0, 1, new int[] {1}, 1);
        bench.step().slots().setAtIndex(ValueLayout.JAVA_LONG, i, (long) slots[i]);
      }
      ConcatAndCacheMla op = new ConcatAndCacheMla(kvC, kPe, cache);
      bench.bind(op);
      fill(bench, kvC, GOLDEN.numbers(golden, "kv_c"));
      fill(bench, kPe, GOLDEN.numbers(golden, "k_pe"));
      CacheModel model = bench.live(cache);
      for (int slot = 0; slot < blocks * blockSize; slot++) {
        int from = slot * (latent + rope);
        double[] row = Arrays.copyOfRange(before, from, from + latent + rope);
        model.putRow(slot, dtype == DType.F8_E4M3 ? new double[row.length] : row);
      }
      var bytes = run(bench, op).cacheModel(cache).tensor(0);
      double[] expected = GOLDEN.numbers(golden, field);
      for (int i = 0; i < expected.length; i++) {
        double found =
            switch (dtype) {
              case F32 -> bytes.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i);
              case BF16 -> bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i) & 0xFFFF;
              default -> bytes.get(ValueLayout.JAVA_BYTE, i) & 0xFF;
            };
        assertEquals(expected[i], found, field + ", cell " + i);
      }
    }
  }

  static List<JsonNode> decode() {
    return GOLDEN.cases("paged_mla_decode");
  }

  @ParameterizedTest
  @MethodSource
  void decode(JsonNode golden) {
    int[] shape = GOLDEN.shape(golden, "q_latent");
    int[] cells = GOLDEN.shape(golden, "cache");
    double[] table = GOLDEN.numbers(golden, "block_table");
    double[] lengths = GOLDEN.numbers(golden, "seq_lens");
    double[] numbers = GOLDEN.numbers(golden, "cache");
    int rope = GOLDEN.shape(golden, "q_pe")[2];
    int blockSize = cells[1];
    int width = table.length / lengths.length;
    CacheValue cache = new CacheValue("cache", "layer", CacheSpec.mla(shape[2], rope, DType.F32));
    StepValue q = value("q_latent", shape[1], shape[2]);
    StepValue qPe = value("q_pe", shape[1], rope);
    StepValue out = value("o_latent", shape[1], shape[2]);
    StepValue lse = value("lse", shape[1]);
    try (Bench bench =
        new Bench(
            new StepLimits(
                lengths.length, lengths.length, width * blockSize, blockSize, cells[0] + 1))) {
      for (int i = 0; i < lengths.length; i++) {
        int count = Math.ceilDiv((int) lengths[i], blockSize);
        int[] blocks =
            Arrays.stream(table, i * width, i * width + count).mapToInt(b -> (int) b + 1).toArray();
        bench
            .step()
            .addSequence(Phase.DECODE, (int) lengths[i] - 1, new int[1], 0, 1, blocks, count);
      }
      Op op =
          new MlaDecodeAttention(q, qPe, cache, golden.get("softmax_scale").asDouble(), out, lse);
      bench.bind(op);
      fill(bench, q, GOLDEN.numbers(golden, "q_latent"));
      fill(bench, qPe, GOLDEN.numbers(golden, "q_pe"));
      CacheModel model = bench.live(cache);
      for (int slot = 0; slot < cells[0] * blockSize; slot++) {
        model.putRow(
            slot + blockSize, Arrays.copyOfRange(numbers, slot * cells[2], (slot + 1) * cells[2]));
      }
      StepMemory memory = run(bench, op);
      close(GOLDEN.numbers(golden, "out_latent"), read(memory, out), "output");
      close(GOLDEN.numbers(golden, "lse"), read(memory, lse), "log-sum-exp");
    }
  }

  static List<JsonNode> gate() {
    return GOLDEN.cases("moe_gate");
  }

  @ParameterizedTest
  @MethodSource
  void gate(JsonNode golden) {
    boolean sigmoid = golden.get("scoring").asString().equals("sigmoid");
    MoeSpec spec =
        new MoeSpec(
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
    StepValue logits = value("logits", spec.experts());
    StepValue ids = StepValue.buffer("ids", DType.I32, Rows.ALL, spec.topK());
    StepValue shares = value("shares", spec.topK());
    String bias = "e_score_correction_bias";
    try (Bench bench = bench(GOLDEN.shape(golden, "logits")[0])) {
      fill(bench, logits, GOLDEN.numbers(golden, "logits"));
      StepMemory memory =
          run(
              bench,
              new MoeGate(
                  spec, logits, golden.has(bias) ? weight(golden, bias) : null, ids, shares));
      assertArrayEquals(GOLDEN.numbers(golden, "topk_ids"), read(memory, ids));
      close(GOLDEN.numbers(golden, "topk_weights"), read(memory, shares), "weights");
    }
  }
}
