package org.mla4j.api.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.api.testing.Refusals.assertModelRefused;
import static org.mla4j.api.testing.Refusals.assertRefused;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.GqaSpec;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.spec.SoftmaxScale;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.testing.NamedWeight;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.RopeTable;
import org.mla4j.api.weight.WeightHandle;

/** A grouped-query layer as data: H = 8, N = 4, G = 2, D = 6. */
class GroupedQueryAttentionTest {
  private static final RopeSpec ROPE =
      new RopeSpec(6, 10000, RopeStyle.NEOX, new RopeScaling.None(), 16);
  private static final NormSpec NORM = new NormSpec(1e-6);

  private static GqaSpec spec(@Nullable NormSpec norm, @Nullable RopeSpec rope) {
    return new GqaSpec(8, 4, 2, 6, norm, norm, rope, new SoftmaxScale.HeadWidth(), DType.F32, 1);
  }

  private static Projection projection(String name, long out, long in) {
    return new Projection(NamedWeight.of(name, out, in), NamedWeight.of(name + ".bias", out));
  }

  private static GqaWeights weights(@Nullable WeightHandle norm, long keys) {
    return new GqaWeights(
        projection("q", 24, 8),
        projection("k", keys, 8),
        projection("v", 12, 8),
        projection("o", 8, 24),
        norm,
        norm);
  }

  private static StepValue rows(String name, int width) {
    return StepValue.buffer(name, DType.F32, Rows.ALL, width);
  }

  private static GroupedQueryAttention.Call call(
      GqaSpec spec, GqaWeights weights, @Nullable WeightHandle table, int width) {
    CacheValue cache = new CacheValue("cache", "attn", spec.cache());
    return new GroupedQueryAttention.Call(
        "attn", spec, weights, table, rows("hidden", width), cache, rows("output", 8));
  }

  @Test
  void hasAllItsWeightsAndItsRopeTable() {
    RopeTable table = RopeTable.of(ROPE, 16);
    var call = call(spec(NORM, ROPE), weights(NamedWeight.of("norm", 6), 12), table, 8);
    assertEquals("grouped_query_attention", call.type());
    assertEquals(
        List.of(
            "q",
            "q.bias",
            "k",
            "k.bias",
            "v",
            "v.bias",
            "o",
            "o.bias",
            "norm",
            "norm",
            table.name()),
        call.weights().stream().map(WeightHandle::name).toList());
    assertEquals(Set.of(), call.features());
    assertEquals(List.of("cache", "output"), call.writes().stream().map(Value::name).toList());
  }

  @Test
  void mayHaveNoNormsAndNoRope() {
    assertEquals(8, call(spec(null, null), weights(null, 12), null, 8).weights().size());
  }

  @Test
  void refusesANormThatTheSpecDoesNotHave() {
    assertRefused(
        "attn: weight 'q_norm' is given; expected it to be absent, since qHeadNorm = null."
            + " [MLA-0301]",
        () -> call(spec(null, null), weights(NamedWeight.of("norm", 6), 12), null, 8));
  }

  @Test
  void refusesAnotherShape() {
    assertModelRefused(
        "attn: tensor 'k': expected [numKeyHeads * headDim, hiddenSize] = [12, 8], found [24, 8]."
            + " [MLA-0203]",
        () -> call(spec(null, null), weights(null, 24), null, 8));
  }

  @Test
  void refusesARopeWithoutItsTable() {
    assertRefused(
        "attn: rope and its table go together; found " + ROPE + " and null. [MLA-0301]",
        () -> call(spec(null, ROPE), weights(null, 12), null, 8));
  }

  @Test
  void refusesRowsOfAnotherWidth() {
    assertRefused(
        "attn: hidden is hidden F32 ALL x [9]; expected F32 rows of 8 elements. [MLA-0301]",
        () -> call(spec(null, null), weights(null, 12), null, 9));
  }

  @Test
  void refusesAnotherCache() {
    CacheSpec other = CacheSpec.mla(12, 12, DType.F32);
    assertRefused(
        "attn: cache holds " + other + "; expected " + spec(null, null).cache() + ". [MLA-0301]",
        () ->
            new GroupedQueryAttention.Call(
                "attn",
                spec(null, null),
                weights(null, 12),
                null,
                rows("hidden", 8),
                new CacheValue("cache", "attn", other),
                rows("output", 8)));
  }
}
