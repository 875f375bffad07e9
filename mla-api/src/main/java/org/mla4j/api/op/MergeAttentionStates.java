package org.mla4j.api.op;

import java.util.List;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * Joins attention over one set of keys with attention over another, as if it had been over both:
 * with {@code m = max(prefixLse, lse)}, {@code p = exp(prefixLse - m)} and {@code s = exp(lse -
 * m)}, {@code out = (p * prefix + s * out) / (p + s)} and {@code lse = ln(p + s) + m}. Logarithms
 * are natural.
 *
 * <p>Edge cases: a log-sum-exp of plus infinity counts as minus infinity, which is that of no keys;
 * a side without keys leaves the other as it is, bit for bit; where both have none, {@code out} is
 * 0 and {@code lse} minus infinity. Never NaN where both outputs are numbers.
 *
 * @param prefix F32 {@code [T, N, V]}
 * @param prefixLse F32 {@code [T, N]}
 * @param out F32 {@code [T, N, V]}, changed in place
 * @param lse F32 {@code [T, N]}, changed in place
 */
public record MergeAttentionStates(
    StepValue prefix, StepValue prefixLse, StepValue out, StepValue lse) implements Op {
  /** The name of this op. */
  public static final String TYPE = "merge_attention_states";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    return List.of(prefix, prefixLse, out, lse);
  }

  @Override
  public List<Value> writes() {
    return List.of(out, lse);
  }
}
