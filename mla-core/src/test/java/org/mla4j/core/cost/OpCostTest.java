package org.mla4j.core.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.step.Rows.CONTEXT;
import static org.mla4j.api.step.Rows.DECODE;
import static org.mla4j.api.step.Rows.LOGITS;
import static org.mla4j.api.step.Rows.PREFILL;
import static org.mla4j.api.tensor.DType.BF16;
import static org.mla4j.api.tensor.DType.F16;
import static org.mla4j.api.tensor.DType.F32;
import static org.mla4j.api.tensor.DType.I32;
import static org.mla4j.api.tensor.DType.Q4_0;
import static org.mla4j.api.tensor.DType.Q8_0;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.FusedAddRmsNorm;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaDecompressedAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.op.ReferenceData;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.op.Sample;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.op.VendorOp;
import org.mla4j.api.plan.Node;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.CacheSpec.Part;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.cost.StepShape.Query;
import org.mla4j.core.plan.WholePlan;
import org.mla4j.core.testing.ArrayWeight;
import org.mla4j.core.testing.RandomData;

/** Against numbers that were worked out by hand. */
class OpCostTest {
  /**
   * Two tokens after 10, one after 4, in the absorbed form; three new ones and two after 6 in the
   * other form. 3 decode rows, 5 prefill rows, 6 context rows in 2 passes, 4 rows of logits.
   */
  private static final StepShape STEP =
      new StepShape(
          List.of(
              new Query(Phase.DECODE, 10, 2),
              new Query(Phase.DECODE, 4, 1),
              new Query(Phase.PREFILL, 0, 3),
              new Query(Phase.PREFILL, 6, 2)),
          4,
          2);

  private static final StepShape NOTHING = new StepShape(List.of(), 0, 0);

  /** Rows of 4 and 2 elements of 2 bytes: 12 bytes. */
  private static final CacheValue CACHE =
      new CacheValue("cache", "attn", CacheSpec.mla(4, 2, BF16));

  private static StepValue value(Rows rows, long... extents) {
    return StepValue.buffer("v" + rows + List.of(extents.length), F32, rows, extents);
  }

  private static WeightHandle weight(DType dtype, long... extents) {
    if (dtype.isBlockType()) {
      return ArrayWeight.blocks("w", dtype, new RandomData(1), 1, extents);
    }
    int elements = 1;
    for (long extent : extents) {
      elements *= (int) extent;
    }
    return ArrayWeight.of("w", dtype, new float[elements], extents);
  }

  private static void assertCost(double flops, double weights, double cache, Op op, Rows rows) {
    assertEquals(
        Optional.of(new Cost(flops, weights, cache)),
        OpCost.of(new Node("n", "l", rows, op), STEP));
    assertEquals(Optional.of(Cost.NONE), OpCost.of(new Node("n", "l", rows, op), NOTHING));
  }

  @Test
  @DisplayName("linear: 2 of each weight and row, the weight once")
  void linear() {
    // 8 rows, 5 x 32 elements: 2 * 8 * 160; a row of 32 elements of Q4_0 has 18 bytes.
    assertCost(
        2560, 90, 0, new Linear(value(ALL, 32), weight(Q4_0, 5, 32), null, value(ALL, 5)), ALL);
    // The bias adds 8 * 5, and 20 bytes.
    assertCost(
        2600,
        170 + 20,
        0,
        new Linear(value(ALL, 32), weight(Q8_0, 5, 32), weight(F32, 5), value(ALL, 5)),
        ALL);
    assertCost(
        4 * 2 * 15,
        30,
        0,
        new Linear(value(LOGITS, 3), weight(F16, 5, 3), null, value(LOGITS, 5)),
        LOGITS);
  }

  @Test
  @DisplayName("linear on context rows: the weight once for each pass")
  void linearOfContext() {
    // 6 rows, 2 passes: 2 * 6 * 12 and 2 * 24 bytes.
    assertCost(
        144,
        48,
        0,
        new Linear(value(CONTEXT, 4), weight(BF16, 3, 4), null, value(CONTEXT, 3)),
        CONTEXT);
  }

  @Test
  @DisplayName("absorb_query and project_value: their own half of the joint up-projection")
  void headProducts() {
    // 2 heads of 3 (keys) and 5 (values) over a latent of 4, 3 decode rows, 2 bytes an element.
    WeightHandle kvB = weight(BF16, 2 * (3 + 5), 4);
    StepValue latent = value(DECODE, 2, 4);
    assertCost(3 * 2 * 24, 48, 0, new AbsorbQuery(value(DECODE, 2, 3), kvB, latent), DECODE);
    assertCost(3 * 2 * 40, 80, 0, new ProjectValue(latent, kvB, value(DECODE, 2, 5)), DECODE);
  }

  @Test
  @DisplayName("mla_decode_attention: a score and a sum of latents for each key; each row once")
  void decode() {
    // Pairs: 2 * 10 + 3, and 4 + 1: 28. Each of 2 heads: 2 * (4 + 2) + 2 * 4 + 4 = 24.
    // Rows: 12 and 5.
    assertCost(
        28 * 2 * 24,
        0,
        17 * 12,
        new MlaDecodeAttention(
            value(DECODE, 2, 4), value(DECODE, 2, 2), CACHE, 1, value(DECODE, 2, 4), null),
        DECODE);
    // Without a rotary part: 2 * 4 + 2 * 4 + 4 = 20.
    assertCost(
        28 * 2 * 20,
        0,
        17 * 12,
        new MlaDecodeAttention(value(DECODE, 2, 4), null, CACHE, 1, value(DECODE, 2, 4), null),
        DECODE);
  }

  @Test
  @DisplayName("mla_prefill_attention: each new token and those before it")
  void prefill() {
    // Pairs: 6 and 3. Each of 2 heads: 2 * (3 + 2) + 2 * 5 + 4 = 24.
    assertCost(
        9 * 2 * 24,
        0,
        0,
        new MlaPrefillAttention(
            value(PREFILL, 2, 3),
            value(PREFILL, 2, 2),
            value(PREFILL, 2, 3),
            value(PREFILL, 2),
            value(PREFILL, 2, 5),
            1,
            value(PREFILL, 2, 5),
            null),
        PREFILL);
  }

  @Test
  @DisplayName("mla_context_attention: each new token and each of its context")
  void context() {
    // Pairs: 2 * 6.
    assertCost(
        12 * 2 * 24,
        0,
        0,
        new MlaContextAttention(
            value(PREFILL, 2, 3),
            value(PREFILL, 2, 2),
            value(CONTEXT, 2, 3),
            value(CONTEXT, 2),
            value(CONTEXT, 2, 5),
            1,
            value(PREFILL, 2, 5),
            value(PREFILL, 2)),
        CONTEXT);
  }

  @Test
  @DisplayName("merge_attention_states: 3 of each element, in each pass")
  void merge() {
    // 5 rows of 2 * 5 elements, 2 passes.
    StepValue lse = value(PREFILL, 2);
    StepValue out = value(PREFILL, 2, 5);
    assertCost(2 * 5 * 10 * 3, 0, 0, new MergeAttentionStates(out, lse, out, lse), CONTEXT);
  }

  @Test
  @DisplayName("mla_decompressed_attention: every key anew")
  void decompressed() {
    // Of all 8 tokens. Keys: 12 + 5 + 3 + 8 = 28, each 2 * (2 * 8 * 4) products, 16 of a bias,
    // 4 * 2 * 5 of a norm and 3 * 2 * 2 of a rope. Pairs: 23 + 5 + 6 + (12 + 3) = 49, each of
    // 2 heads 2 * (5 + 5) + 4.
    WeightHandle kvB = weight(BF16, 2 * (3 + 5), 4);
    assertCost(
        28 * (128 + 16 + 40 + 12) + 49 * 2 * 24,
        128 + 64 + 20,
        28 * 12,
        new MlaDecompressedAttention(
            value(ALL, 2, 5),
            CACHE,
            kvB,
            weight(F32, 16),
            weight(F32, 5),
            1e-6,
            weight(F32, 100, 2),
            RopeStyle.NEOX,
            1,
            value(ALL, 2, 5)),
        ALL);
    assertCost(
        28 * 128 + 49 * 2 * 24,
        128,
        28 * 12,
        new MlaDecompressedAttention(
            value(ALL, 2, 5), CACHE, kvB, null, null, 0, null, RopeStyle.NEOX, 1, value(ALL, 2, 5)),
        ALL);
  }

  @Test
  @DisplayName("gqa_attention: new rows are written and read, the others read")
  void grouped() {
    // Rows of 2 * 3 + 2 * 5 elements of 4 bytes. 4 heads: 2 * (3 + 5) + 4 = 20 for each of 49
    // pairs.
    CacheValue cache =
        new CacheValue(
            "c", "l", new CacheSpec(List.of(new Part("key", 6), new Part("value", 10)), F32, 1));
    assertCost(
        49 * 4 * 20,
        0,
        (14 + 6 + 6 + 10) * 64,
        new GqaAttention(
            value(ALL, 4, 3), value(ALL, 2, 3), value(ALL, 2, 5), cache, 1, value(ALL, 4, 5)),
        ALL);
  }

  @Test
  @DisplayName("concat_and_cache_mla writes the rows of all tokens, gather_cache reads the context")
  void caches() {
    assertCost(0, 0, 8 * 12, new ConcatAndCacheMla(value(ALL, 4), value(ALL, 2), CACHE), ALL);
    assertCost(0, 0, 6 * 12, new GatherCache(CACHE, value(CONTEXT, 6)), CONTEXT);
  }

  @Test
  @DisplayName("fused_moe: what is computed is exact, the experts that are read are expected")
  void routed() {
    // 4 experts of 3 x 32 and back, 2 of them for each of 8 tokens.
    MoeSpec spec =
        new MoeSpec(
            32, 4, 2, 3, MoeSpec.Scoring.SOFTMAX, 1, 1, MoeSpec.GroupScore.MAX, false, 1, 0);
    StepValue ids = StepValue.buffer("ids", I32, ALL, 2);
    Expert expert = new Expert(weight(F16, 3, 32), weight(F16, 3, 32), weight(F16, 32, 3));
    RoutedExperts op =
        new RoutedExperts(
            spec,
            value(ALL, 32),
            ids,
            value(ALL, 2),
            Collections.nCopies(4, expert),
            value(ALL, 32));
    // Each of 16: 6 * 3 * 32 products, 4 * 3 of the gate, 2 * 32 of the sum.
    // Read: 4 * (1 - 0.5^8) = 3.984375 experts of 3 * 96 * 2 bytes.
    assertCost(16 * (576 + 12 + 64), 3.984375 * 576, 0, op, ALL);
  }

  @Test
  @DisplayName("expected experts: k for one token, all for very many")
  void expectedExperts() {
    assertEquals(6, OpCost.expectedExperts(64, 6, 1), 1e-9);
    assertEquals(11.4375, OpCost.expectedExperts(64, 6, 2), 1e-9); // 64 (1 - (58/64)^2)
    assertEquals(64, OpCost.expectedExperts(64, 6, 512), 1e-9);
    assertEquals(0, OpCost.expectedExperts(64, 6, 0));
    assertEquals(8, OpCost.expectedExperts(8, 8, 1));
  }

  @Test
  @DisplayName("moe_gate: 4 of each score, one more with a bias")
  void gate() {
    MoeSpec spec =
        new MoeSpec(
            32, 4, 2, 3, MoeSpec.Scoring.SOFTMAX, 1, 1, MoeSpec.GroupScore.MAX, false, 1, 0);
    StepValue ids = StepValue.buffer("ids", I32, ALL, 2);
    assertCost(8 * 4 * 4, 0, 0, new MoeGate(spec, value(ALL, 4), null, ids, value(ALL, 2)), ALL);
    assertCost(
        8 * 4 * 5,
        16,
        0,
        new MoeGate(spec, value(ALL, 4), weight(F32, 4), ids, value(ALL, 2)),
        ALL);
  }

  @Test
  @DisplayName("embedding reads the rows of its tokens, not the table")
  void embedding() {
    assertCost(0, 8 * 34, 0, new Embedding(weight(Q8_0, 100, 32), value(ALL, 32)), ALL);
    assertCost(8 * 32, 8 * 34, 0, new Embedding(weight(Q8_0, 100, 32), value(ALL, 32), 2), ALL);
  }

  @Test
  @DisplayName("small ops: so many of each element")
  void smallOps() {
    StepValue x = value(ALL, 6);
    assertCost(8 * 6 * 4, 24, 0, new RmsNorm(x, weight(F32, 6), 1e-6, 1, x), ALL);
    assertCost(8 * 6, 0, 0, new Add(x, x), ALL);
    assertCost(8 * 6 * 2, 0, 0, new Add(x, x, 0.5), ALL);
    assertCost(8 * 3 * 4, 0, 0, new SiluAndMul(x, value(ALL, 3)), ALL);
    // 2 heads and a key of 2 elements each, a row of the table of 8 bytes for each token.
    assertCost(
        8 * (4 + 2) * 3,
        64,
        0,
        new RotaryEmbedding(
            value(ALL, 2, 2), value(ALL, 2), weight(F32, 100, 2), RopeStyle.INTERLEAVED),
        ALL);
    StepValue ids = StepValue.buffer("ids", I32, LOGITS, 1);
    assertCost(4 * 50, 0, 0, new Sample(value(LOGITS, 50), ids), LOGITS);
  }

  @Test
  @DisplayName("copies compute nothing and read no weight")
  void copies() {
    StepValue x = value(ALL, 6);
    assertCost(0, 0, 0, new SelectRows(x, value(LOGITS, 6)), LOGITS);
    assertCost(0, 0, 0, new CopyTo(x, x), ALL);
    assertCost(0, 0, 0, new CopyBlocks(CACHE), Rows.BLOCK_COPIES);
  }

  @Test
  @DisplayName("a fused op costs what its parts cost, a whole plan what its nodes cost")
  void sums() {
    StepValue x = value(ALL, 6);
    Add add = new Add(x, value(ALL, 6));
    RmsNorm norm = new RmsNorm(x, weight(F32, 6), 1e-6, 1, StepValue.buffer("normed", F32, ALL, 6));
    assertCost(8 * 6 * 5, 24, 0, new FusedAddRmsNorm(add, norm), ALL);
    assertCost(
        8 * 6 * 5,
        24,
        0,
        new WholePlan(List.of(new Node("a", "", ALL, add), new Node("b", "", ALL, norm))),
        ALL);
  }

  /** An op of a backend's own. */
  private record Own() implements VendorOp {
    @Override
    public String type() {
      return "own:op";
    }

    @Override
    public List<Value> reads() {
      return List.of();
    }

    @Override
    public List<Value> writes() {
      return List.of();
    }

    @Override
    public Set<String> features() {
      return Set.of();
    }

    @Override
    public void reference(ReferenceData data) {}
  }

  @Test
  @DisplayName("what a backend does in its own way has no cost, nor has a plan with it")
  void unknown() {
    Node own = new Node("n", "l", ALL, new Own());
    assertEquals(Optional.empty(), OpCost.of(own, STEP));
    assertEquals(
        Optional.empty(), OpCost.of(new Node("p", "", ALL, new WholePlan(List.of(own))), STEP));
  }
}
