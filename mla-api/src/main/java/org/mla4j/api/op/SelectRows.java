package org.mla4j.api.op;

import java.util.List;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * Copies the rows whose logits are wanted: {@code out[r] = x[logit_rows[r]]}.
 *
 * @param x F32 {@code [T, W]}
 * @param out F32 {@code [logit rows, W]}
 */
public record SelectRows(StepValue x, StepValue out) implements Op {
  /** The name of this op. */
  public static final String TYPE = "select_rows";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    return List.of(x, InputValue.LOGIT_ROWS);
  }

  @Override
  public List<Value> writes() {
    return List.of(out);
  }
}
