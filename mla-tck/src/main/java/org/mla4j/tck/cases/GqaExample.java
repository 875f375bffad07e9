package org.mla4j.tck.cases;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.layer.GqaWeights;
import org.mla4j.api.layer.GroupedQueryAttention;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.plan.Node;
import org.mla4j.api.spec.GqaSpec;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.spec.SoftmaxScale;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.layer.GqaLayer;
import org.mla4j.tck.harness.NodeList;
import org.mla4j.tck.harness.Session;

/**
 * A grouped-query attention layer with random weights.
 *
 * @param heads query heads
 * @param keyHeads key and value heads
 * @param width width of a head
 * @param biased whether projections have biases
 * @param normed whether heads are normed
 * @param rope pairs of the rope; null for none
 * @param dims width of the model and type of the cache
 */
record GqaExample(
    int heads,
    int keyHeads,
    int width,
    boolean biased,
    boolean normed,
    @Nullable RopeStyle rope,
    Dims dims) {

  /** A layer and its separate ops. */
  record Plan(List<Node> nodes, GroupedQueryAttention.Call call) {}

  static List<GqaExample> all() {
    Dims small = Dims.SMALL;
    return List.of(
        new GqaExample(6, 2, 16, true, false, RopeStyle.NEOX, small),
        new GqaExample(4, 2, 24, false, true, RopeStyle.NEOX, small),
        new GqaExample(3, 3, 10, true, true, RopeStyle.INTERLEAVED, small),
        new GqaExample(5, 1, 12, false, false, null, small),
        new GqaExample(4, 2, 16, true, true, RopeStyle.NEOX, small.cache(DType.BF16, 1)),
        new GqaExample(4, 2, 16, false, false, RopeStyle.NEOX, small.cache(DType.F8_E4M3, 0.5f)));
  }

  Plan plan(Session session) {
    int positions = session.engine().limits().maxSequenceLength();
    GqaSpec spec = spec(positions);
    NodeList plan = new NodeList(session.layout(spec.cache()), positions);
    StepValue hidden = StepValue.buffer("hidden", DType.F32, Rows.ALL, dims.hidden());
    GqaLayer.add(plan, "attn", spec, weights(), hidden);
    return new Plan(plan.nodes(), (GroupedQueryAttention.Call) plan.call());
  }

  private GqaSpec spec(int positions) {
    NormSpec norm = normed ? new NormSpec(1e-6) : null;
    RopeScaling none = new RopeScaling.None();
    return new GqaSpec(
        dims.hidden(),
        heads,
        keyHeads,
        width,
        norm,
        norm,
        rope == null ? null : new RopeSpec(width, 10000, rope, none, positions),
        new SoftmaxScale.HeadWidth(),
        dims.cache(),
        dims.cacheScale());
  }

  private GqaWeights weights() {
    return new GqaWeights(
        projection("q", heads * width, dims.hidden()),
        projection("k", keyHeads * width, dims.hidden()),
        projection("v", keyHeads * width, dims.hidden()),
        projection("o", dims.hidden(), heads * width),
        normed ? Weights.norm("q_norm", DType.F32, width) : null,
        normed ? Weights.norm("k_norm", DType.F32, width) : null);
  }

  private Projection projection(String name, int out, int in) {
    return new Projection(
        Weights.matrix(name, dims.weight(), out, in),
        biased ? Weights.bias(name + ".bias", out) : null);
  }

  @Override
  public String toString() {
    return heads
        + " heads, "
        + keyHeads
        + " for keys, of "
        + width
        + (biased ? ", biased" : "")
        + (normed ? ", normed" : "")
        + (rope == null ? ", no rope" : ", " + rope)
        + ", cache "
        + dims.cache();
  }
}
