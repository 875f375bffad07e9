package org.mla4j.api.layer;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.PluggableLayer;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/**
 * A Multi-Head Latent Attention layer, from hidden states to attention output.
 *
 * <p>Its default forward is a sub-plan of separate ops; a backend may return its own implementation
 * instead. Tokens of either phase may have a context in the cache; a layer taken whole reads it
 * there. Whoever implements it keeps these promises:
 *
 * <table>
 * <caption>Edge cases</caption>
 * <tr><th>case</th><th>required behaviour</th></tr>
 * <tr><td>profiling step (no metadata)</td><td>attention is 0 (the output, then, is the bias of the output projection, if it has one), the cache is not written, workspace is still
 * reserved</td></tr>
 * <tr><td>no slot mapping</td><td>no cache write; rope is still applied</td></tr>
 * <tr><td>slot of a token negative</td><td>that token is not written; its query is still produced; its output row is
 * undefined but finite (ours: as computed)</td></tr>
 * <tr><td>cache without elements</td><td>no write, no read</td></tr>
 * <tr><td>no tokens</td><td>return at once, launch nothing</td></tr>
 * <tr><td>rows beyond the live ones</td><td>are read by nobody and written by nobody</td></tr>
 * <tr><td>decode only, or prefill only</td><td>the other half is skipped entirely, its matrix products included</td></tr>
 * <tr><td>sequence without new tokens</td><td>ignored; log-sum-exp minus infinity, output 0</td></tr>
 * <tr><td>sequence of length 0</td><td>output 0, log-sum-exp minus infinity, no read of the cache</td></tr>
 * <tr><td>context chunk empty for a sequence</td><td>log-sum-exp minus infinity</td></tr>
 * <tr><td>both log-sum-exps minus infinity in a merge</td><td>output 0, log-sum-exp minus infinity, no NaN</td></tr>
 * <tr><td>log-sum-exp plus infinity</td><td>treated as minus infinity</td></tr>
 * <tr><td>no rope</td><td>skip it; a fused op must support that (identity)</td></tr>
 * <tr><td>no query LoRA</td><td>queries come from one projection</td></tr>
 * <tr><td>heads not divisible over devices</td><td>error at construction; the spec counts local heads</td></tr>
 * <tr><td>rotary width odd, or another than the rope's</td><td>error at construction</td></tr>
 * <tr><td>position beyond the rope table</td><td>error; never a silent wrap</td></tr>
 * <tr><td>requested backend unsupported</td><td>error with all reasons; no fall-back</td></tr>
 * <tr><td>block table entry beyond the sequence</td><td>not read</td></tr>
 * <tr><td>block 0</td><td>reserved; may be read for padding but never contributes</td></tr>
 * <tr><td>two layers of one name</td><td>error at construction</td></tr>
 * <tr><td>weights reloaded</td><td>same storage, derived weights refreshed</td></tr>
 * <tr><td>missing FP8 scale</td><td>1.0</td></tr>
 * </table>
 */
public interface MultiHeadLatentAttention extends PluggableLayer {
  /** The name of this kind of layer. */
  String TYPE = "multi_head_latent_attention";

  /** Feature of a call whose spec scales a latent after its norm. */
  String LATENT_SCALE = "latent_scale";

  /** Feature of a call whose spec norms each query or key head. */
  String HEAD_NORM = "head_norm";

  /** Feature of a call some projection of which has a bias. */
  String PROJECTION_BIAS = "projection_bias";

  /**
   * One such layer as data.
   *
   * @param layer name of the layer in the model
   * @param spec dimensions and rules
   * @param weightsByRole the weights
   * @param ropeTable cos and sin, {@code [positions, R]}; null without rope
   * @param hidden F32 {@code [T, H]}, normed by the caller
   * @param cache what the layer keeps of each token
   * @param output F32 {@code [T, H]}
   */
  record Call(
      String layer,
      MlaSpec spec,
      MlaWeights weightsByRole,
      @Nullable WeightHandle ropeTable,
      StepValue hidden,
      CacheValue cache,
      StepValue output)
      implements LayerCall {
    /**
     * Checks that weights, rope table, values and cache are those the spec needs.
     *
     * @throws InvalidInputException if a required weight is missing, an unused one is given, the
     *     rope has no table or one of another width, or a value or the cache has another width
     * @throws org.mla4j.api.error.ModelException if a weight has another shape than the spec
     *     demands
     */
    public Call {
      weightsByRole.check(layer, spec);
      LayerParts.rope(layer, spec.rope(), ropeTable, spec.qkRopeHeadDim());
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

    @Override
    public Set<String> features() {
      return weightsByRole.features(spec);
    }
  }
}
