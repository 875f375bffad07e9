package org.mla4j.api.op;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * Attention of prefill tokens to the context that the current context pass takes up, with
 * decompressed keys and values (the MHA form). Every new token of a sequence sees all context rows
 * of that sequence: there is no mask.
 *
 * <p>For token i of a sequence, over its context rows j of this pass: {@code s_j = scale * (q_nope
 * . k_nope_j + q_pe . k_pe_j)}; {@code out = sum_j softmax(s)_j v_j}; {@code lse = ln(sum_j
 * exp(s_j))}, natural logarithm.
 *
 * <p>Edge cases: a sequence without rows in this pass, or at all, gets output 0 and log-sum-exp
 * minus infinity, never NaN and never another value.
 *
 * @param qNope F32 {@code [T, N, P]}
 * @param qPe F32 {@code [T, N, R]}, rotated; null when R = 0
 * @param kNope F32 {@code [context rows, N, P]}
 * @param kPe F32 {@code [context rows, R]}, rotated, shared by all heads; null when R = 0
 * @param v F32 {@code [context rows, N, V]}
 * @param scale factor on scores, of the width P + R
 * @param out F32 {@code [T, N, V]}
 * @param lse F32 {@code [T, N]}
 */
public record MlaContextAttention(
    StepValue qNope,
    @Nullable StepValue qPe,
    StepValue kNope,
    @Nullable StepValue kPe,
    StepValue v,
    double scale,
    StepValue out,
    StepValue lse)
    implements Op {
  /** The name of this op. */
  public static final String TYPE = "mla_context_attention";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    List<Value> reads =
        new ArrayList<>(List.of(qNope, kNope, v, InputValue.QUERY_START, InputValue.CONTEXT_ROWS));
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
    return List.of(out, lse);
  }
}
