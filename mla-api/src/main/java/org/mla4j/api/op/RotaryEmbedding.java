package org.mla4j.api.op;

import java.util.List;
import java.util.Set;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/**
 * Rotates query and key parts in place by the angle of their token's position.
 *
 * <p>For each pair {@code (x, y)}: {@code x' = x cos - y sin}, {@code y' = y cos + x sin}, with
 * {@code cos = table[pos, i]} and {@code sin = table[pos, R/2 + i]}. Pairs as the style says; the
 * output keeps the order of the input. Every live row is rotated, padding tokens (slot -1) and
 * steps without a slot mapping included. A position beyond the table is an error, never a silent
 * wrap.
 *
 * @param q F32 {@code [T, N, R]}, changed in place
 * @param k F32 {@code [T, R]}, or {@code [T, G, R]} with several key heads, changed in place
 * @param table {@code [positions, R]}: cos, then sin
 * @param style which elements pair
 */
public record RotaryEmbedding(StepValue q, StepValue k, WeightHandle table, RopeStyle style)
    implements Op {
  /** Feature of a call whose keys are of several heads. */
  public static final String KEY_HEADS = "key_heads";

  /** The name of this op. */
  public static final String TYPE = "rotary_embedding";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    return List.of(q, k, InputValue.POSITIONS);
  }

  @Override
  public List<Value> writes() {
    return List.of(q, k);
  }

  @Override
  public List<WeightHandle> weights() {
    return List.of(table);
  }

  @Override
  public Set<String> features() {
    return k.rowShape().rank() == 2 ? Set.of(KEY_HEADS) : Set.of();
  }
}
