package org.mla4j.api.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.api.testing.Refusals.assertRefused;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.testing.NamedWeight;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/** What ops that do the work of several are made of, touch and refuse. */
class FusedOpTest {
  private static final CacheValue CACHE =
      new CacheValue("cache", "layer", CacheSpec.mla(4, 2, DType.F32));

  // An attention layer with H = 8, Lq = 6, N = 2, P = 3, R = 2, L = 4.
  private static final StepValue HIDDEN = value("hidden", 8);
  private static final StepValue Q_C = value("q_c", 6);
  private static final StepValue Q_C_NORMED = value("q_c_normed", 6);
  private static final StepValue Q = value("q", 2, 5);
  private static final StepValue KV_A = value("kv_a", 6);
  private static final StepValue KV_C = KV_A.narrow("kv_c", -1, 0, 4);
  private static final StepValue K_PE = KV_A.narrow("k_pe", -1, 4, 2);
  private static final StepValue KV_C_NORMED = value("kv_c_normed", 4);
  private static final StepValue Q_LATENT =
      StepValue.buffer("q_latent", DType.F32, Rows.DECODE, 2, 4);

  private static final Linear Q_A = linear("q_a", HIDDEN, Q_C);
  private static final RmsNorm Q_NORM = norm("q_norm", Q_C, Q_C_NORMED, 1);
  private static final Linear Q_B = linear("q_b", Q_C_NORMED, Q);
  private static final Linear KV = linear("kv_a", HIDDEN, KV_A);
  private static final RmsNorm KV_NORM = norm("kv_norm", KV_C, KV_C_NORMED, 1);
  private static final RotaryEmbedding ROPE =
      new RotaryEmbedding(
          Q.narrow("q_pe", -1, 3, 2), K_PE, NamedWeight.of("table", 9, 2), RopeStyle.NEOX);
  private static final ConcatAndCacheMla CONCAT = new ConcatAndCacheMla(KV_C_NORMED, K_PE, CACHE);
  private static final AbsorbQuery ABSORB =
      new AbsorbQuery(
          Q.narrow("q_nope", -1, 0, 3).only(Rows.DECODE), NamedWeight.of("kv_b", 14, 4), Q_LATENT);

  private static StepValue value(String name, long... extents) {
    return StepValue.buffer(name, DType.F32, Rows.ALL, extents);
  }

  private static Linear linear(String weight, StepValue x, StepValue out) {
    return new Linear(x, NamedWeight.of(weight, 1), null, out);
  }

  private static RmsNorm norm(String weight, StepValue x, StepValue out, double scale) {
    return new RmsNorm(x, NamedWeight.of(weight, 1), 1e-6, scale, out);
  }

  private static String names(List<? extends Value> values) {
    return values.stream().map(Value::name).sorted().collect(Collectors.joining(" "));
  }

  private static String weights(Op op) {
    return op.weights().stream().map(WeightHandle::name).collect(Collectors.joining(" "));
  }

  @Nested
  class AddThenNorm {
    private final Add add = new Add(value("x", 8), value("y", 8));
    private final RmsNorm norm = norm("w", add.x(), value("out", 8), 1);

    @Test
    void readsWhatIsAddedAndWritesSumAndNorm() {
      FusedAddRmsNorm op = new FusedAddRmsNorm(add, norm);
      assertEquals("fused_add_rms_norm", op.type());
      assertEquals(List.of(add, norm), op.parts());
      assertEquals("x y", names(op.reads()));
      assertEquals("out x", names(op.writes()));
      assertEquals("w", weights(op));
      assertEquals(Set.of(), op.features());
    }

    @Test
    void hasTheFeaturesOfItsParts() {
      RmsNorm scaled = norm("w", add.x(), value("out", 8), 2);
      assertEquals(Set.of(RmsNorm.OUTPUT_SCALE), new FusedAddRmsNorm(add, scaled).features());
    }

    @Test
    void normsTheSumAndLeavesIt() {
      String message =
          "Parts of 'fused_add_rms_norm' do not fit: expected the norm to read the sum 'x' whole"
              + " and to leave it. [MLA-0302]";
      assertRefused(
          message, () -> new FusedAddRmsNorm(add, norm("w", add.y(), value("out", 8), 1)));
      assertRefused(message, () -> new FusedAddRmsNorm(add, norm("w", add.x(), add.x(), 1)));
    }
  }

  @Nested
  class BothDownProjections {
    @Test
    void readTheHiddenStatesOnce() {
      QkvAProj op = new QkvAProj(Q_A, KV);
      assertEquals("qkv_a_proj", op.type());
      assertEquals(List.of(Q_A, KV), op.parts());
      assertEquals("hidden", names(op.reads()));
      assertEquals("kv_a q_c", names(op.writes()));
      assertEquals("q_a kv_a", weights(op));
    }

    @Test
    void projectOneValueToTwoBuffers() {
      String message =
          "Parts of 'qkv_a_proj' do not fit: expected two projections of one value to two buffers."
              + " [MLA-0302]";
      assertRefused(message, () -> new QkvAProj(Q_A, linear("kv_a", value("other", 8), KV_A)));
      assertRefused(
          message, () -> new QkvAProj(linear("q_a", HIDDEN, KV_C), linear("kv_a", HIDDEN, K_PE)));
    }
  }

  @Nested
  class RopeThenCacheWrite {
    @Test
    void readsAndWritesWhatItsPartsDo() {
      RopeConcatAndCacheMla op = new RopeConcatAndCacheMla(ROPE, CONCAT);
      assertEquals("rope_concat_and_cache_mla", op.type());
      assertEquals(List.of(ROPE, CONCAT), op.parts());
      assertEquals("cache k_pe kv_c_normed positions q_pe slot_mapping", names(op.reads()));
      assertEquals("cache k_pe q_pe", names(op.writes()));
      assertEquals("table", weights(op));
    }

    @Test
    void writesTheKeyThatItRotates() {
      String message =
          "Parts of 'rope_concat_and_cache_mla' do not fit: expected the cache write to take the"
              + " rotated key 'k_pe'. [MLA-0302]";
      assertRefused(
          message,
          () ->
              new RopeConcatAndCacheMla(
                  ROPE, new ConcatAndCacheMla(KV_C_NORMED, value("other", 2), CACHE)));
      assertRefused(
          message,
          () -> new RopeConcatAndCacheMla(ROPE, new ConcatAndCacheMla(KV_C_NORMED, null, CACHE)));
    }
  }

  @Nested
  class NormThenRopeThenCacheWrite {
    @Test
    void readsTheLatentAsProjectedAndLeavesItNormed() {
      RmsNormRopeConcatAndCacheMla op = new RmsNormRopeConcatAndCacheMla(KV_NORM, ROPE, CONCAT);
      assertEquals("rms_norm_rope_concat_and_cache_mla", op.type());
      assertEquals(List.of(KV_NORM, ROPE, CONCAT), op.parts());
      assertEquals("cache k_pe kv_c positions q_pe slot_mapping", names(op.reads()));
      assertEquals("cache k_pe kv_c_normed q_pe", names(op.writes()));
      assertEquals("kv_norm table", weights(op));
    }

    @Test
    void needsNoRope() {
      RmsNormRopeConcatAndCacheMla op = new RmsNormRopeConcatAndCacheMla(KV_NORM, null, CONCAT);
      assertEquals(List.of(KV_NORM, CONCAT), op.parts());
      assertEquals("cache k_pe kv_c slot_mapping", names(op.reads()));
      assertEquals("cache kv_c_normed", names(op.writes()));
    }

    @Test
    void writesWhatItNormedAndRotated() {
      String message =
          "Parts of 'rms_norm_rope_concat_and_cache_mla' do not fit: expected the cache write to"
              + " take the normed latent 'kv_c_normed' and the rotated key. [MLA-0302]";
      assertRefused(
          message,
          () ->
              new RmsNormRopeConcatAndCacheMla(
                  KV_NORM, ROPE, new ConcatAndCacheMla(KV_C, K_PE, CACHE)));
      assertRefused(
          message,
          () ->
              new RmsNormRopeConcatAndCacheMla(
                  KV_NORM, ROPE, new ConcatAndCacheMla(KV_C_NORMED, value("k", 2), CACHE)));
    }
  }

  /** {@code mla_preprocess}, of which a test changes one part at a time. */
  private static MlaPreprocess preprocess(
      @Nullable Linear qA,
      @Nullable RmsNorm qNorm,
      Linear q,
      Linear kvA,
      @Nullable RmsNorm kvNorm,
      @Nullable RotaryEmbedding rope,
      ConcatAndCacheMla concat,
      AbsorbQuery absorb) {
    return new MlaPreprocess(qA, qNorm, q, kvA, kvNorm, rope, concat, absorb);
  }

  private static void assertPreprocessRefused(
      String expected,
      @Nullable Linear qA,
      @Nullable RmsNorm qNorm,
      Linear q,
      Linear kvA,
      @Nullable RmsNorm kvNorm,
      @Nullable RotaryEmbedding rope,
      ConcatAndCacheMla concat,
      AbsorbQuery absorb) {
    assertRefused(
        "Parts of 'mla_preprocess' do not fit: expected " + expected + ". [MLA-0302]",
        () -> preprocess(qA, qNorm, q, kvA, kvNorm, rope, concat, absorb));
  }

  @Nested
  class Preprocess {
    @Test
    void leavesBehindWhatAttentionNeedsAndNothingElse() {
      MlaPreprocess op = preprocess(Q_A, Q_NORM, Q_B, KV, KV_NORM, ROPE, CONCAT, ABSORB);
      assertEquals("mla_preprocess", op.type());
      assertEquals(List.of(Q_A, Q_NORM, Q_B, KV, KV_NORM, ROPE, CONCAT, ABSORB), op.parts());
      assertEquals("cache hidden positions slot_mapping", names(op.reads()));
      assertEquals("cache k_pe kv_c_normed q q_latent", names(op.writes()));
      assertEquals("q_a q_norm q_b kv_a kv_norm table kv_b", weights(op));
    }

    @Test
    void isMadeOfThreeProjectionsAndTheCacheWriteAtLeast() {
      Linear q = linear("q", HIDDEN, Q);
      ConcatAndCacheMla concat = new ConcatAndCacheMla(KV_A.narrow("all", -1, 0, 6), null, CACHE);
      MlaPreprocess op = preprocess(null, null, q, KV, null, null, concat, ABSORB);
      assertEquals(List.of(q, KV, concat, ABSORB), op.parts());
      assertEquals("cache hidden slot_mapping", names(op.reads()));
      assertEquals("all cache q q_latent", names(op.writes()));
    }

    @Test
    void takesHiddenStatesOnce() {
      String expected = "queries and latent to come from the same hidden states 'other'";
      Linear kvOfOther = linear("kv_a", value("other", 8), KV_A);
      assertPreprocessRefused(expected, Q_A, Q_NORM, Q_B, kvOfOther, KV_NORM, ROPE, CONCAT, ABSORB);
      Linear q = linear("q", HIDDEN, Q);
      assertPreprocessRefused(expected, null, null, q, kvOfOther, KV_NORM, ROPE, CONCAT, ABSORB);
    }

    @Test
    void normsAQueryLatentIfThereIsOne() {
      assertPreprocessRefused(
          "no norm of a query latent there is not",
          null,
          Q_NORM,
          linear("q", HIDDEN, Q),
          KV,
          KV_NORM,
          ROPE,
          CONCAT,
          ABSORB);
    }

    @Test
    void takesQueriesFromTheQueryLatent() {
      String expected = "the queries to come from the query latent 'q_c'";
      assertPreprocessRefused(expected, Q_A, null, Q_B, KV, KV_NORM, ROPE, CONCAT, ABSORB);
      assertPreprocessRefused(
          expected, Q_A, Q_NORM, linear("q_b", Q_C, Q), KV, KV_NORM, ROPE, CONCAT, ABSORB);
      RmsNorm ofOther = norm("q_norm", value("other", 6), Q_C_NORMED, 1);
      assertPreprocessRefused(expected, Q_A, ofOther, Q_B, KV, KV_NORM, ROPE, CONCAT, ABSORB);
    }

    @Test
    void writesTheLatentThatItMade() {
      String expected = "the cache write to take the latent of 'kv_a'";
      assertPreprocessRefused(expected, Q_A, Q_NORM, Q_B, KV, null, ROPE, CONCAT, ABSORB);
      ConcatAndCacheMla unnormed = new ConcatAndCacheMla(KV_C, K_PE, CACHE);
      assertPreprocessRefused(expected, Q_A, Q_NORM, Q_B, KV, KV_NORM, ROPE, unnormed, ABSORB);
      RmsNorm ofOther = norm("kv_norm", value("other", 4), KV_C_NORMED, 1);
      assertPreprocessRefused(expected, Q_A, Q_NORM, Q_B, KV, ofOther, ROPE, CONCAT, ABSORB);
    }

    @Test
    void rotatesItsOwnQueriesAndTheKeyThatItWrites() {
      String expected = "the rope to turn the queries and the key that is written";
      RotaryEmbedding ofOtherKey =
          new RotaryEmbedding(ROPE.q(), value("k", 2), ROPE.table(), RopeStyle.NEOX);
      assertPreprocessRefused(expected, Q_A, Q_NORM, Q_B, KV, KV_NORM, ofOtherKey, CONCAT, ABSORB);
      RotaryEmbedding ofOtherQueries =
          new RotaryEmbedding(value("other", 2, 2), K_PE, ROPE.table(), RopeStyle.NEOX);
      assertPreprocessRefused(
          expected, Q_A, Q_NORM, Q_B, KV, KV_NORM, ofOtherQueries, CONCAT, ABSORB);
    }

    @Test
    void absorbsItsOwnQueries() {
      AbsorbQuery ofOther = new AbsorbQuery(value("other", 2, 3), ABSORB.kvB(), Q_LATENT);
      assertPreprocessRefused(
          "the absorbed queries to come from 'q'",
          Q_A,
          Q_NORM,
          Q_B,
          KV,
          KV_NORM,
          ROPE,
          CONCAT,
          ofOther);
    }
  }
}
