package org.mla4j.models.architecture;

import org.mla4j.api.error.ModelException;
import org.mla4j.api.spec.CacheType;
import org.mla4j.api.spec.GqaSpec;
import org.mla4j.api.spec.MlaSpec;

/** What the engine wants of an attention layer's cache, and what the checkpoint knows about it. */
public final class AttentionCache {
  private AttentionCache() {}

  /**
   * Gives an attention a cache of some type. FP8 cells are scaled by what the checkpoint was
   * calibrated with: tensor {@code k_scale} beside the weights of the attention, 1 without it.
   * Other types have no such scale.
   *
   * @param attention the attention, with any cache
   * @param type type of the cache
   * @param weights the weights of the attention
   * @return the attention with that cache
   * @throws ModelException if the scale is not one positive finite number
   * @throws org.mla4j.api.error.InvalidInputException if the attention cannot have such a cache
   */
  public static MlaSpec of(MlaSpec attention, CacheType type, WeightSource weights) {
    return attention.toBuilder()
        .cacheType(type)
        .cacheScale(scale(type, weights, "k_scale"))
        .build();
  }

  /**
   * Gives an attention a cache of some type. Keys and values lie in one row, so FP8 cells have one
   * scale: the larger of those that the checkpoint was calibrated with, tensors {@code k_scale} and
   * {@code v_scale} beside the weights of the attention; 1 without them.
   *
   * @param attention the attention, with any cache
   * @param type type of the cache
   * @param weights the weights of the attention
   * @return the attention with that cache
   * @throws ModelException if a scale is not one positive finite number
   * @throws org.mla4j.api.error.InvalidInputException if the attention cannot have such a cache
   */
  public static GqaSpec of(GqaSpec attention, CacheType type, WeightSource weights) {
    return attention.withCache(
        type.dtype(), Math.max(scale(type, weights, "k_scale"), scale(type, weights, "v_scale")));
  }

  private static float scale(CacheType type, WeightSource weights, String tensor) {
    return type == CacheType.F8_E4M3 ? (float) weights.positiveScalar(tensor).orElse(1) : 1;
  }
}
