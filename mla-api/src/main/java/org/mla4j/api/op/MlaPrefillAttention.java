package org.mla4j.api.op;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * Causal attention among the new tokens of each sequence, with decompressed keys and values (the
 * MHA form).
 *
 * <p>For token i of a sequence, over its tokens j up to i: {@code s_j = scale * (q_nope . k_nope_j
 * + q_pe . k_pe_j)}; {@code out = sum_j softmax(s)_j v_j}; {@code lse = ln(sum_j exp(s_j))},
 * natural logarithm.
 *
 * <p>Edge cases: a sequence without new tokens computes nothing; in a profiling step no row has
 * keys: outputs are 0, log-sum-exps minus infinity.
 *
 * @param qNope F32 {@code [T, N, P]}
 * @param qPe F32 {@code [T, N, R]}, rotated; null when R = 0
 * @param kNope F32 {@code [T, N, P]}
 * @param kPe F32 {@code [T, R]}, rotated, shared by all heads; null when R = 0
 * @param v F32 {@code [T, N, V]}
 * @param scale factor on scores, of the width P + R
 * @param out F32 {@code [T, N, V]}
 * @param lse F32 {@code [T, N]}, or null if nobody wants it
 */
public record MlaPrefillAttention(
    StepValue qNope,
    @Nullable StepValue qPe,
    StepValue kNope,
    @Nullable StepValue kPe,
    StepValue v,
    double scale,
    StepValue out,
    @Nullable StepValue lse)
    implements Op {
  /** The name of this op. */
  public static final String TYPE = "mla_prefill_attention";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    List<Value> reads = new ArrayList<>(List.of(qNope, kNope, v, InputValue.QUERY_START));
    if (qPe != null) {
      reads.add(qPe);
    }
    if (kPe != null) {
      reads.add(kPe);
    }
    return List.copyOf(reads);
  }

  @Override
  public List<Value> writes() {
    return lse == null ? List.of(out) : List.of(out, lse);
  }
}
