package org.mla4j.api.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.api.testing.Refusals.assertModelRefused;
import static org.mla4j.api.testing.Refusals.assertRefused;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mla4j.api.layer.MultiHeadLatentAttention.Call;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.testing.NamedWeight;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

class MultiHeadLatentAttentionTest {
  private static final NamedWeight TABLE = NamedWeight.of("rope_table", 64, 2);

  private static Call call(MlaSpec spec, TestMla weights, @Nullable WeightHandle ropeTable) {
    return new Call(
        "layers.0.attn",
        spec,
        weights.build(),
        ropeTable,
        StepValue.buffer("hidden", DType.F32, Rows.ALL, 8),
        new CacheValue("cache", "layers.0.attn", spec.cache()),
        StepValue.buffer("output", DType.F32, Rows.ALL, 8));
  }

  private static Call call(MlaSpec spec) {
    return call(spec, TestMla.weightsOf(spec), spec.rope() == null ? null : TABLE);
  }

  private static Set<String> names(List<Value> values) {
    return values.stream().map(Value::name).collect(Collectors.toSet());
  }

  @Nested
  class Data {
    private final Call call = call(TestMla.direct().build());

    @Test
    void isNamedAfterItsKind() {
      assertEquals("multi_head_latent_attention", call.type());
    }

    @Test
    void readsHiddenStatesTheCacheAndTheStep() {
      assertEquals(
          Set.of("hidden", "cache", "positions", "slot_mapping", "block_tables", "query_start"),
          names(call.reads()));
    }

    @Test
    void writesTheCacheAndTheOutput() {
      assertEquals(Set.of("cache", "output"), names(call.writes()));
    }

    @Test
    void hasTheWeightsByRole() {
      assertEquals(call.weightsByRole().handles(), call.weights());
    }

    @Test
    void hasTheRopeTableAmongItsWeights() {
      Call roped = call(TestMla.direct().rope(TestMla.ROPE).build());
      assertEquals(TABLE, roped.weights().getLast());
      assertEquals(roped.weightsByRole().handles().size() + 1, roped.weights().size());
    }
  }

  @Nested
  class Checks {
    private final MlaSpec plain = TestMla.direct().build();
    private final MlaSpec roped = TestMla.direct().rope(TestMla.ROPE).build();

    @Test
    void ropeComesWithItsTable() {
      assertEquals(TABLE, call(roped).ropeTable());
      assertRefused(
          "layers.0.attn: rope and its table go together; found "
              + TestMla.ROPE
              + " and null. [MLA-0301]",
          () -> call(roped, TestMla.weightsOf(roped), null));
      assertRefused(
          "layers.0.attn: rope and its table go together; found null and rope_table. [MLA-0301]",
          () -> call(plain, TestMla.weightsOf(plain), TABLE));
    }

    @Test
    void theRopeTableHasTheRotaryWidth() {
      assertRefused(
          "layers.0.attn: rope table is [64, 4]; expected [positions, 2]. [MLA-0301]",
          () -> call(roped, TestMla.weightsOf(roped), NamedWeight.of("rope_table", 64, 4)));
    }

    @Test
    void hiddenStatesAndOutputAreAsWideAsTheModel() {
      StepValue wide = StepValue.buffer("wide", DType.F32, Rows.ALL, 8);
      StepValue narrow = StepValue.buffer("narrow", DType.F32, Rows.ALL, 7);
      CacheValue cache = new CacheValue("cache", "attn", plain.cache());
      assertRefused(
          "attn: hidden is narrow F32 ALL x [7]; expected F32 rows of 8 elements. [MLA-0301]",
          () ->
              new Call("attn", plain, TestMla.weightsOf(plain).build(), null, narrow, cache, wide));
      assertRefused(
          "attn: output is narrow F32 ALL x [7]; expected F32 rows of 8 elements. [MLA-0301]",
          () ->
              new Call("attn", plain, TestMla.weightsOf(plain).build(), null, wide, cache, narrow));
    }

    @Test
    void theCacheHoldsWhatTheSpecSays() {
      StepValue hidden = StepValue.buffer("hidden", DType.F32, Rows.ALL, 8);
      CacheSpec other = CacheSpec.mla(4, 2, DType.BF16);
      assertRefused(
          "attn: cache holds " + other + "; expected " + plain.cache() + ". [MLA-0301]",
          () ->
              new Call(
                  "attn",
                  plain,
                  TestMla.weightsOf(plain).build(),
                  null,
                  hidden,
                  new CacheValue("cache", "attn", other),
                  hidden));
    }

    @Test
    void weightsAreThere() {
      assertRefused(
          "layers.0.attn: weight 'q_proj' is missing; expected it to be given, since qLoraRank ="
              + " 0. [MLA-0301]",
          () -> call(plain, TestMla.weightsOf(plain).toggle("q_proj"), null));
    }

    @Test
    void weightsHaveTheirShapes() {
      assertModelRefused(
          "layers.0.attn: tensor 'o_proj': expected [hiddenSize, numHeads * vHeadDim] = [8, 10],"
              + " found [1, 2, 3]. [MLA-0203]",
          () -> call(plain, TestMla.weightsOf(plain).misshape("o_proj"), null));
    }
  }

  /** What a backend must know before it is offered the layer. */
  @Nested
  class Features {
    @Test
    void ofAPlainLayerAreNone() {
      assertEquals(Set.of(), call(TestMla.direct().build()).features());
    }

    @Test
    void nameHeadNorms() {
      assertEquals(
          Set.of(MultiHeadLatentAttention.HEAD_NORM), call(TestMla.full().build()).features());
    }

    @Test
    void nameScaledLatents() {
      for (MlaSpec scaled :
          List.of(
              TestMla.full().qLatentScale(2).build(), TestMla.full().kvLatentScale(2).build())) {
        assertEquals(
            Set.of(MultiHeadLatentAttention.HEAD_NORM, MultiHeadLatentAttention.LATENT_SCALE),
            call(scaled).features());
      }
    }

    @Test
    void nameBiases() {
      MlaSpec spec = TestMla.direct().build();
      assertEquals(
          Set.of(MultiHeadLatentAttention.PROJECTION_BIAS),
          call(spec, TestMla.weightsOf(spec).bias("q_proj", 10), null).features());
    }
  }
}
