package org.mla4j.tck.plain;

import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.step.Rows.LOGITS;
import static org.mla4j.api.tensor.DType.F32;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.mla4j.api.layer.MlaWeights;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.CacheType;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.layer.GatedMlp;
import org.mla4j.core.layer.MlaLayer;
import org.mla4j.core.layer.MoeLayer;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.tck.SampleWeight;

/**
 * Two layers with random weights: one with a query LoRA, interleaved rope and an MLP, one without,
 * with halves turning and experts.
 */
final class SmallModel implements ModelDefinition {
  static final int VOCABULARY = 40;

  private static final int HIDDEN = 24;
  private static final int INNER = 20;
  private static final int POSITIONS = 256;
  private static final double EPS = 1e-6;

  private final SplittableRandom random = new SplittableRandom(11);
  private final List<SampleWeight> norms = new ArrayList<>();

  @Override
  public String name() {
    return "small";
  }

  @Override
  public String architecture() {
    return "SmallForTests";
  }

  @Override
  public int vocabularySize() {
    return VOCABULARY;
  }

  @Override
  public int maxPositions() {
    return POSITIONS;
  }

  @Override
  public StepValue contribute(PlanBuilder plan, CacheDTypes cacheDTypes) {
    StepValue hidden = plan.buffer("hidden", F32, ALL, HIDDEN);
    plan.add("embed", ALL, new Embedding(weight("embed", 1, VOCABULARY, HIDDEN), hidden));
    for (int i = 0; i < 2; i++) {
      PlanBuilder layer = plan.scope("layers").scope(Integer.toString(i));
      StepValue normed = norm(layer, "attn_norm", hidden);
      MlaSpec spec = spec(i == 0, cacheDTypes.of(MultiHeadLatentAttention.TYPE));
      layer.add(
          "attn_add",
          ALL,
          new Add(hidden, MlaLayer.add(layer, "attn", spec, weights(spec), normed)));
      StepValue again = norm(layer, "mlp_norm", hidden);
      StepValue mixed =
          i == 0 ? GatedMlp.add(layer, "mlp", expert(), again) : experts(layer, again);
      layer.add("mlp_add", ALL, new Add(hidden, mixed));
    }
    StepValue selected = plan.buffer("selected", F32, LOGITS, HIDDEN);
    plan.add("select", LOGITS, new SelectRows(hidden, selected));
    StepValue normed = plan.buffer("normed", F32, LOGITS, HIDDEN);
    plan.add("norm", LOGITS, new RmsNorm(selected, ones(HIDDEN), EPS, 1, normed));
    StepValue logits = plan.buffer("logits", F32, LOGITS, VOCABULARY);
    WeightHandle head = weight("head", 4, VOCABULARY, HIDDEN);
    plan.add("lm_head", LOGITS, new Linear(normed, head, null, logits));
    return logits;
  }

  private static MlaSpec spec(boolean first, CacheType cacheType) {
    RopeStyle style = first ? RopeStyle.INTERLEAVED : RopeStyle.NEOX;
    return MlaSpec.builder()
        .hiddenSize(HIDDEN)
        .qLoraRank(first ? 12 : 0)
        .qANorm(first ? new NormSpec(EPS) : null)
        .numHeads(3)
        .kvLoraRank(16)
        .qkNopeHeadDim(8)
        .qkRopeHeadDim(16)
        .vHeadDim(6)
        .kvANorm(new NormSpec(EPS))
        .kvLatentScale(first ? 1 : 1.25)
        .rope(new RopeSpec(16, 10000, style, new RopeScaling.None(), POSITIONS))
        .cacheType(cacheType)
        .build();
  }

  private MlaWeights weights(MlaSpec spec) {
    int queries = spec.numHeads() * spec.qkHeadDim();
    boolean lora = spec.hasQLora();
    int heights = spec.numHeads() * (spec.qkNopeHeadDim() + spec.vHeadDim());
    return new MlaWeights(
        lora ? null : projection("q", queries, HIDDEN),
        lora ? projection("q_a", spec.qLoraRank(), HIDDEN) : null,
        lora ? ones(spec.qLoraRank()) : null,
        lora ? projection("q_b", queries, spec.qLoraRank()) : null,
        projection("kv_a", spec.kvLoraRank() + spec.qkRopeHeadDim(), HIDDEN),
        ones(spec.kvLoraRank()),
        projection("kv_b", heights, spec.kvLoraRank()),
        projection("o", HIDDEN, spec.numHeads() * spec.vHeadDim()),
        null,
        null);
  }

  private StepValue experts(PlanBuilder layer, StepValue hidden) {
    MoeSpec spec =
        new MoeSpec(
            HIDDEN,
            8,
            3,
            INNER,
            MoeSpec.Scoring.SIGMOID,
            4,
            2,
            MoeSpec.GroupScore.TOP2_SUM,
            true,
            1.5,
            INNER);
    List<Expert> experts = new ArrayList<>();
    for (int e = 0; e < spec.experts(); e++) {
      experts.add(expert());
    }
    return MoeLayer.add(
        layer,
        "moe",
        spec,
        weight("router", HIDDEN, spec.experts(), HIDDEN),
        weight("router_bias", 4, spec.experts()),
        experts,
        expert(),
        hidden);
  }

  private Expert expert() {
    return new Expert(
        weight("gate", HIDDEN, INNER, HIDDEN),
        weight("up", HIDDEN, INNER, HIDDEN),
        weight("down", INNER, HIDDEN, INNER));
  }

  private StepValue norm(PlanBuilder plan, String name, StepValue x) {
    StepValue out = plan.buffer(name, F32, ALL, HIDDEN);
    plan.add(name, ALL, new RmsNorm(x, ones(HIDDEN), EPS, 1, out));
    return out;
  }

  private Projection projection(String name, int out, int in) {
    return new Projection(weight(name, in, out, in), null);
  }

  private WeightHandle ones(int width) {
    double[] values = new double[width];
    for (int i = 0; i < width; i++) {
      values[i] = 1 + 0.1 * random.nextGaussian();
    }
    SampleWeight norm = SampleWeight.of("norm", F32, values, width);
    norms.add(norm);
    return norm;
  }

  private WeightHandle weight(String name, int fanIn, long... extents) {
    int count = 1;
    for (long extent : extents) {
      count *= Math.toIntExact(extent);
    }
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextGaussian() / Math.sqrt(fanIn);
    }
    return SampleWeight.of(name, DType.BF16, values, extents);
  }

  /** Turns the signs of all norms. */
  void negateNorms() {
    for (SampleWeight norm : norms) {
      double[] values = new double[Math.toIntExact(norm.shape().elements())];
      for (int i = 0; i < values.length; i++) {
        values[i] = -1 - 0.01 * i;
      }
      norm.set(values);
    }
  }

  @Override
  public void close() {}
}
