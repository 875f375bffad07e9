package org.mla4j.api.op;

import java.util.List;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * Copies the live rows of a value to another value, which may lie on another device. Bits are
 * copied as they are; the two may have different strides.
 *
 * @param from any type and row shape
 * @param to the same type, row shape and rows
 */
public record CopyTo(StepValue from, StepValue to) implements Op {
  /** The name of this op. */
  public static final String TYPE = "copy_to";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    return List.of(from);
  }

  @Override
  public List<Value> writes() {
    return List.of(to);
  }
}
