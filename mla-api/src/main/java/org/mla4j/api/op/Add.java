package org.mla4j.api.op;

import java.util.List;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * Adds in place: {@code x += y}.
 *
 * @param x F32 {@code [T, W]}, changed in place
 * @param y F32 {@code [T, W]}
 */
public record Add(StepValue x, StepValue y) implements Op {
  /** The name of this op. */
  public static final String TYPE = "add";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    return List.of(x, y);
  }

  @Override
  public List<Value> writes() {
    return List.of(x);
  }
}
