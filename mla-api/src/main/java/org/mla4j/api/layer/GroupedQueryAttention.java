package org.mla4j.api.layer;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.PluggableLayer;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.spec.GqaSpec;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/**
 * A grouped-query attention layer, from hidden states to attention output: several query heads
 * share a key and a value head, which the cache keeps as they are.
 *
 * <p>For each token: {@code q = rope(norm(q_proj x))}, {@code k = rope(norm(k_proj x))}, {@code v =
 * v_proj x}, norms and rope head by head and where the spec has them; attention as in {@link
 * org.mla4j.api.op.GqaAttention}; then {@code o_proj}. A backend may return its own implementation
 * instead of these ops. Edge cases as in {@link MultiHeadLatentAttention}, as far as they speak of
 * steps, slots, sequences, cache and rope.
 */
public interface GroupedQueryAttention extends PluggableLayer {
  /** The name of this kind of layer. */
  String TYPE = "grouped_query_attention";

  /**
   * One such layer as data.
   *
   * @param layer name of the layer in the model
   * @param spec dimensions and rules
   * @param weightsByRole the weights
   * @param ropeTable cos and sin, {@code [positions, D]}; null without rope
   * @param hidden F32 {@code [T, H]}, normed by the caller
   * @param cache what the layer keeps of each token
   * @param output F32 {@code [T, H]}
   */
  record Call(
      String layer,
      GqaSpec spec,
      GqaWeights weightsByRole,
      @Nullable WeightHandle ropeTable,
      StepValue hidden,
      CacheValue cache,
      StepValue output)
      implements LayerCall {
    /**
     * Checks that weights, rope table, values and cache are those the spec needs.
     *
     * @throws org.mla4j.api.error.InvalidInputException if a required weight is missing, an unused
     *     one is given, the rope has no table or one of another width, or a value or the cache has
     *     another width
     * @throws org.mla4j.api.error.ModelException if a weight has another shape than the spec
     *     demands
     */
    public Call {
      weightsByRole.check(layer, spec);
      LayerParts.rope(layer, spec.rope(), ropeTable, spec.headDim());
      LayerParts.rows(layer, "hidden", hidden, spec.hiddenSize());
      LayerParts.rows(layer, "output", output, spec.hiddenSize());
      LayerParts.cache(layer, cache, spec.cache());
    }

    @Override
    public String type() {
      return TYPE;
    }

    @Override
    public List<Value> reads() {
      return LayerParts.reads(hidden, cache);
    }

    @Override
    public List<Value> writes() {
      return List.of(cache, output);
    }

    @Override
    public List<WeightHandle> weights() {
      return LayerParts.weights(weightsByRole.handles(), ropeTable);
    }
  }
}
