package org.mla4j.api.op;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/**
 * Attention over the latent cache for MLA layers whose up-projection cannot be absorbed: keys and
 * values of all tokens so far are decompressed anew, for decode and prefill tokens alike.
 *
 * <p>For the token at position p of its sequence, over positions j = 0 to p whose cache rows are
 * {@code [c_j | r_j]}: {@code k_n,j = turn_j(norm([W_UK,n c_j | r_j]))} and {@code v_n,j = W_UV,n
 * c_j}, with the bias of the up-projection where it has one; {@code s_j = scale * (turn_p(q_n) .
 * k_n,j)}; {@code out_n = sum_j softmax(s)_j v_n,j}. The norm is of all P + R elements; {@code
 * turn} is the rope of the last R of them, as in {@link RotaryEmbedding}. Both are left out where
 * the call has none. So the key in the cache is as it was projected: a norm whose weight differs
 * from element to element must come before the rope.
 *
 * <p>Edge cases as in {@link MlaDecodeAttention}. A position beyond the rope table is an error.
 *
 * @param q F32 {@code [T, N, P + R]}, normed if the layer norms queries, not rotated
 * @param cache rows of latent and key not rotated, {@code L + R}
 * @param kvB {@code [N (P + V), L]}; of each head the key rows first
 * @param kvBias {@code [N (P + V)]}, or null
 * @param keyNorm weight of the norm of each key head, {@code [P + R]}, or null
 * @param keyNormEps its epsilon
 * @param ropeTable {@code [positions, R]}: cos, then sin; null without rope
 * @param style which elements pair; without rope it says nothing
 * @param scale factor on scores
 * @param out F32 {@code [T, N, V]}
 */
public record MlaDecompressedAttention(
    StepValue q,
    CacheValue cache,
    WeightHandle kvB,
    @Nullable WeightHandle kvBias,
    @Nullable WeightHandle keyNorm,
    double keyNormEps,
    @Nullable WeightHandle ropeTable,
    RopeStyle style,
    double scale,
    StepValue out)
    implements Op {
  /** The name of this op. */
  public static final String TYPE = "mla_decompressed_attention";

  @Override
  public String type() {
    return TYPE;
  }

  /**
   * Returns why the up-projection is not absorbed.
   *
   * @return in words, for {@code explain()}
   */
  public String reason() {
    return keyNorm != null
        ? "not absorbed: a norm of key heads stands between latent and score"
        : "not absorbed: the up-projection has a bias";
  }

  @Override
  public List<Value> reads() {
    return List.of(q, cache, InputValue.BLOCK_TABLES, InputValue.QUERY_START, InputValue.POSITIONS);
  }

  @Override
  public List<Value> writes() {
    return List.of(out);
  }

  @Override
  public List<WeightHandle> weights() {
    List<WeightHandle> handles = new ArrayList<>();
    handles.add(kvB);
    if (kvBias != null) {
      handles.add(kvBias);
    }
    if (keyNorm != null) {
      handles.add(keyNorm);
    }
    if (ropeTable != null) {
      handles.add(ropeTable);
    }
    return List.copyOf(handles);
  }
}
