package org.mla4j.core.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.mla4j.api.layer.GqaWeights;
import org.mla4j.api.layer.GroupedQueryAttention;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.spec.GqaSpec;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.spec.SoftmaxScale;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.testing.ArrayWeight;
import org.mla4j.core.testing.ListedPlan;

/** Which ops the default forward has for which spec. What they compute is tested with the ops. */
class GqaLayerTest {
  private static final NormSpec NORM = new NormSpec(1e-5);
  private static final RopeSpec ROPE =
      new RopeSpec(6, 10000, RopeStyle.NEOX, new RopeScaling.None(), 64);
  private static final StepValue HIDDEN = StepValue.buffer("hidden", DType.F32, Rows.ALL, 8);

  private final ListedPlan plan = new ListedPlan();

  /** H = 8, N = 4, G = 2, D = 6. */
  private StepValue add(@Nullable NormSpec norm, @Nullable RopeSpec rope) {
    GqaSpec spec =
        new GqaSpec(8, 4, 2, 6, norm, norm, rope, new SoftmaxScale.Fixed(0.3), DType.F32, 1);
    ArrayWeight weight = ArrayWeight.of("norm", DType.F32, new float[6], 6);
    GqaWeights weights =
        new GqaWeights(
            projection("q", 24, 8),
            projection("k", 12, 8),
            projection("v", 12, 8),
            projection("o", 8, 24),
            norm == null ? null : weight,
            norm == null ? null : weight);
    return GqaLayer.add(plan.scope("layers.0"), "attn", spec, weights, HIDDEN);
  }

  private static Projection projection(String name, int out, int in) {
    return new Projection(ArrayWeight.of(name, DType.F32, new float[out * in], out, in), null);
  }

  @Test
  void isOneLayerFromHiddenStatesToOutput() {
    StepValue output = add(NORM, ROPE);
    var call = (GroupedQueryAttention.Call) plan.layers().get(0);
    assertEquals("layers.0.attn", call.layer());
    assertEquals(HIDDEN, call.hidden());
    assertEquals(output, plan.op("layers.0.attn.o_proj", Linear.class).out());
    assertEquals(
        List.of(
            "layers.0.attn.q_proj",
            "layers.0.attn.k_proj",
            "layers.0.attn.v_proj",
            "layers.0.attn.q_norm",
            "layers.0.attn.k_norm",
            "layers.0.attn.rotary_emb",
            "layers.0.attn.attention",
            "layers.0.attn.o_proj"),
        plan.nodeNames());
  }

  @Test
  void headsAreNormedInPlaceBeforeTheyTurn() {
    add(NORM, ROPE);
    RmsNorm norm = plan.op("layers.0.attn.k_norm", RmsNorm.class);
    assertEquals(plan.op("layers.0.attn.k_proj", Linear.class).out(), norm.x());
    assertEquals(norm.x(), norm.out());
    assertEquals(1e-5, norm.eps());
    assertEquals(norm.out(), plan.op("layers.0.attn.rotary_emb", RotaryEmbedding.class).k());
  }

  @Test
  void attendsByTheScaleOfTheSpec() {
    add(null, null);
    GqaAttention attention = plan.op("layers.0.attn.attention", GqaAttention.class);
    assertEquals(0.3, attention.scale());
    assertEquals(plan.op("layers.0.attn.v_proj", Linear.class).out(), attention.v());
  }

  @Test
  void leavesOutWhatTheSpecDoesNotHave() {
    add(null, null);
    for (String node : List.of("q_norm", "k_norm", "rotary_emb")) {
      assertFalse(plan.nodeNames().contains("layers.0.attn." + node), node);
    }
  }
}
