package org.mla4j.api.op;

import java.util.List;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * Draws a token for each row of logits, as {@link org.mla4j.api.step.Sampling} says: a pure
 * function of the logits, the parameters and the uniform draw of that row.
 *
 * <p>Edge cases: a row with a NaN, or with nothing above minus infinity, gets the id {@link
 * #UNUSABLE}; the other rows of the step are drawn all the same.
 *
 * @param logits F32 {@code [logit rows, vocabulary]}
 * @param ids I32 {@code [logit rows, 1]}
 */
public record Sample(StepValue logits, StepValue ids) implements Op {
  /** The name of this op. */
  public static final String TYPE = "sample";

  /** The id of a row that no token can be drawn from. */
  public static final int UNUSABLE = -1;

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
