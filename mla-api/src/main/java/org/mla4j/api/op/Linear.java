package org.mla4j.api.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/**
 * Matrix product with a weight: {@code out[t] = weight x[t] + bias}.
 *
 * <p>Each output element is one dot product over {@code in}; its value does not depend on how many
 * rows there are.
 *
 * @param x F32 {@code [T, in]}, rows possibly strided, elements of a row side by side
 * @param weight {@code [out, in]}
 * @param bias {@code [out]}, or null
 * @param out F32 {@code [T, out]}, any row shape with {@code out} elements side by side
 */
public record Linear(StepValue x, WeightHandle weight, @Nullable WeightHandle bias, StepValue out)
    implements Op {
  /** The name of this op. */
  public static final String TYPE = "linear";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    return List.of(x);
  }

  @Override
  public List<Value> writes() {
    return List.of(out);
  }

  @Override
  public List<WeightHandle> weights() {
    return bias == null ? List.of(weight) : List.of(weight, bias);
  }
}
