package org.mla4j.models.architecture;

import org.mla4j.api.error.ModelException;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.tensor.DType;

/** What the engine wants of an attention layer's cache, and what the checkpoint knows about it. */
public final class AttentionCache {
  private AttentionCache() {}

  /**
   * Gives an attention a cache of some type. FP8 cells are scaled by what the checkpoint was
   * calibrated with: tensor {@code k_scale} beside the weights of the attention, 1 without it.
   * Cells of other types have no scale.
   *
   * @param attention the attention, with any cache
   * @param dtype element type of the cache
   * @param weights the weights of the attention
   * @return the attention with that cache
   * @throws ModelException if the scale is not one positive finite number
   */
  public static MlaSpec of(MlaSpec attention, DType dtype, WeightSource weights) {
    double scale = dtype == DType.F8_E4M3 ? weights.positiveScalar("k_scale").orElse(1) : 1;
    return attention.toBuilder().cacheDType(dtype).cacheScale((float) scale).build();
  }
}
