package org.mla4j.api.op;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * Attention in latent space over the cache, all heads sharing one key (the MQA form).
 *
 * <p>For the token at position p of its sequence, over the cache rows {@code [c_j | r_j]} of
 * positions j = 0 to p: {@code s_j = scale * (q_latent . c_j + q_pe . r_j)}; {@code o_latent =
 * sum_j softmax(s)_j c_j}; {@code lse = ln(sum_j exp(s_j))}, natural logarithm. A sequence may have
 * several new tokens; each sees itself and what is before it.
 *
 * <p>Edge cases: a sequence of length 0, or without new tokens, reads nothing; a row without keys
 * is 0 with log-sum-exp minus infinity; in a profiling step no row has keys; entries of a block
 * table beyond the sequence's length are not read; what lies in block 0 never contributes.
 *
 * @param qLatent F32 {@code [T, N, L]}, absorbed queries
 * @param qPe F32 {@code [T, N, R]}, rotated; null when R = 0
 * @param cache {@code [blocks, blockSize, L + R]}
 * @param scale factor on scores, of the width P + R, never of L + R
 * @param oLatent F32 {@code [T, N, L]}
 * @param lse F32 {@code [T, N]}, or null if nobody wants it
 */
public record MlaDecodeAttention(
    StepValue qLatent,
    @Nullable StepValue qPe,
    CacheValue cache,
    double scale,
    StepValue oLatent,
    @Nullable StepValue lse)
    implements Op {
  /** The name of this op. */
  public static final String TYPE = "mla_decode_attention";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    List<Value> reads =
        new ArrayList<>(List.of(qLatent, cache, InputValue.BLOCK_TABLES, InputValue.POSITIONS));
    if (qPe != null) {
      reads.add(1, qPe);
    }
    return List.copyOf(reads);
  }

  @Override
  public List<Value> writes() {
    return lse == null ? List.of(oLatent) : List.of(oLatent, lse);
  }
}
