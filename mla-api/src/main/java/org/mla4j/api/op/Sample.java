package org.mla4j.api.op;

import java.util.List;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * Draws a token for each row of logits, as {@link org.mla4j.api.step.Sampling} says: a pure
 * function of the logits, the parameters and the uniform draw of that row.
 *
 * @param logits F32 {@code [logit rows, vocabulary]}
 * @param ids I32 {@code [logit rows, 1]}
 */
public record Sample(StepValue logits, StepValue ids) implements Op {
  /** The name of this op. */
  public static final String TYPE = "sample";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    return List.of(logits, InputValue.SAMPLING);
  }

  @Override
  public List<Value> writes() {
    return List.of(ids);
  }
}
