package org.mla4j.core.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mla4j.api.layer.MlaWeights;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaDecompressedAttention;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.spec.SoftmaxScale;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.testing.ArrayWeight;
import org.mla4j.core.testing.ListedPlan;

/** Which ops the default forward has for which spec. What they compute is tested with the ops. */
class MlaLayerTest {
  private static final NormSpec NORM = new NormSpec(1e-6);
  private static final RopeSpec ROPE =
      new RopeSpec(2, 10000, RopeStyle.NEOX, new RopeScaling.None(), 64);
  private static final StepValue HIDDEN = StepValue.buffer("hidden", DType.F32, Rows.ALL, 8);

  private final ListedPlan plan = new ListedPlan();

  /** H = 8, N = 2, L = 4, P = 3, R = 2, V = 5. */
  private static MlaSpec.Builder direct() {
    return MlaSpec.builder()
        .hiddenSize(8)
        .numHeads(2)
        .kvLoraRank(4)
        .qkNopeHeadDim(3)
        .qkRopeHeadDim(2)
        .vHeadDim(5);
  }

  private StepValue add(MlaSpec spec) {
    return add(spec, null);
  }

  private StepValue add(MlaSpec spec, @Nullable WeightHandle kvBias) {
    MlaWeights weights =
        new MlaWeights(
            spec.hasQLora() ? null : projection("q", 2 * spec.qkHeadDim(), 8),
            spec.hasQLora() ? projection("q_a", spec.qLoraRank(), 8) : null,
            norm("q_a_norm", spec.qANorm(), spec.qLoraRank()),
            spec.hasQLora() ? projection("q_b", 2 * spec.qkHeadDim(), spec.qLoraRank()) : null,
            projection("kv_a", 4 + spec.qkRopeHeadDim(), 8),
            norm("kv_a_norm", spec.kvANorm(), 4),
            new Projection(projection("kv_b", 16, 4).weight(), kvBias),
            projection("o", 8, 10),
            norm("q_norm", spec.qHeadNorm(), spec.qkHeadDim()),
            norm("k_norm", spec.kHeadNorm(), spec.qkHeadDim()));
    return MlaLayer.add(plan.scope("layers.0"), "attn", spec, weights, HIDDEN);
  }

  private static Projection projection(String name, int out, int in) {
    return new Projection(ArrayWeight.of(name, DType.F32, new float[out * in], out, in), null);
  }

  private static @Nullable WeightHandle norm(String name, @Nullable NormSpec norm, int width) {
    return norm == null ? null : ArrayWeight.of(name, DType.F32, new float[width], width);
  }

  private boolean has(String node) {
    return plan.nodeNames().contains("layers.0.attn." + node);
  }

  private Linear linear(String node) {
    return plan.op("layers.0.attn." + node, Linear.class);
  }

  @Test
  void isOneLayerFromHiddenStatesToOutput() {
    StepValue output = add(direct().build());
    var call = (MultiHeadLatentAttention.Call) plan.layers().get(0);
    assertEquals("layers.0.attn", call.layer());
    assertEquals(HIDDEN, call.hidden());
    assertEquals(output, call.output());
    assertEquals(output, linear("o_proj").out());
    assertEquals("layers.0.attn.o_proj", plan.nodeNames().getLast());
  }

  @Nested
  class Queries {
    @Test
    void comeFromOneProjection() {
      add(direct().build());
      assertEquals(HIDDEN, linear("q_proj").x());
      assertFalse(has("q_a_proj"));
      assertFalse(has("q_b_proj"));
    }

    @Test
    void comeThroughALatent() {
      add(direct().qLoraRank(6).build());
      assertFalse(has("q_proj"));
      assertFalse(has("q_a_layernorm"));
      assertEquals(HIDDEN, linear("q_a_proj").x());
      assertEquals(linear("q_a_proj").out(), linear("q_b_proj").x());
    }

    @Test
    void comeThroughALatentThatIsNormedAndScaled() {
      add(direct().qLoraRank(6).qANorm(NORM).qLatentScale(2).build());
      RmsNorm norm = plan.op("layers.0.attn.q_a_layernorm", RmsNorm.class);
      assertEquals(linear("q_a_proj").out(), norm.x());
      assertEquals(2, norm.scale());
      assertEquals(1e-6, norm.eps());
      assertEquals(norm.out(), linear("q_b_proj").x());
    }
  }

  @Nested
  class Cache {
    private ConcatAndCacheMla write() {
      return plan.op("layers.0.attn.concat_and_cache", ConcatAndCacheMla.class);
    }

    @Test
    void keepsTheLatentAsProjected() {
      add(direct().build());
      assertFalse(has("kv_a_layernorm"));
      assertEquals(linear("kv_a_proj").out(), write().kvC().root());
      assertEquals(4, write().kvC().rowWidth());
    }

    @Test
    void keepsTheLatentNormedAndScaled() {
      add(direct().kvANorm(NORM).kvLatentScale(3).build());
      RmsNorm norm = plan.op("layers.0.attn.kv_a_layernorm", RmsNorm.class);
      assertEquals(3, norm.scale());
      assertEquals(4, norm.x().rowWidth());
      assertEquals(norm.out(), write().kvC());
    }

    @Test
    void keepsTheKeyAfterItsRotation() {
      add(direct().rope(ROPE).build());
      RotaryEmbedding rotation = plan.op("layers.0.attn.rotary_emb", RotaryEmbedding.class);
      assertEquals(RopeStyle.NEOX, rotation.style());
      assertEquals(rotation.k(), write().kPe());
      assertTrue(
          plan.nodeNames().indexOf("layers.0.attn.rotary_emb")
              < plan.nodeNames().indexOf("layers.0.attn.concat_and_cache"));
    }

    @Test
    void keepsAKeyThatNobodyRotates() {
      add(direct().build());
      assertFalse(has("rotary_emb"));
      assertEquals(2, write().kPe().rowWidth());
    }

    @Test
    void keepsNoKeyWithoutARotaryPart() {
      add(direct().qkRopeHeadDim(0).build());
      assertNull(write().kPe());
    }
  }

  @Nested
  class Decode {
    @Test
    void scoresAreScaledByTheSpec() {
      add(direct().softmaxScale(new SoftmaxScale.Fixed(0.3)).build());
      assertEquals(
          0.3, plan.op("layers.0.attn.decode_attention", MlaDecodeAttention.class).scale());
    }
  }

  /** What stands between latent and score keeps weights from being absorbed. */
  @Nested
  class WithoutAbsorption {
    private MlaDecompressedAttention attention() {
      return plan.op("layers.0.attn.attention", MlaDecompressedAttention.class);
    }

    @Test
    void aNormOfKeyHeadsLeavesTheDecompressedForm() {
      add(direct().rope(ROPE).qHeadNorm(NORM).kHeadNorm(NORM).build());
      assertEquals(
          List.of("q_proj", "kv_a_proj", "q_norm", "concat_and_cache", "attention", "o_proj"),
          plan.nodeNames().stream().map(name -> name.replace("layers.0.attn.", "")).toList());
      assertEquals(
          "not absorbed: a norm of key heads stands between latent and score",
          attention().reason());
      assertEquals(1e-6, attention().keyNormEps());
      assertEquals(plan.op("layers.0.attn.q_norm", RmsNorm.class).out(), attention().q());
    }

    @Test
    void soDoesABiasOfTheUpProjection() {
      ArrayWeight bias = ArrayWeight.of("bias", DType.F32, new float[16], 16);
      add(direct().build(), bias);
      assertEquals(bias, attention().kvBias());
      assertNull(attention().keyNorm());
      assertEquals("not absorbed: the up-projection has a bias", attention().reason());
    }

    @Test
    void aNormOfQueryHeadsAloneDoesNot() {
      add(direct().rope(ROPE).qHeadNorm(NORM).build());
      assertTrue(has("absorb_query"));
      assertTrue(
          plan.nodeNames().indexOf("layers.0.attn.q_norm")
              < plan.nodeNames().indexOf("layers.0.attn.rotary_emb"));
    }
  }
}
