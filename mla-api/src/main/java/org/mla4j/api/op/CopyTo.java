package org.mla4j.api.op;

import java.util.List;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * Copies the live rows of a value to another value. Bits are copied as they are; the two may have
 * different strides.
 *
 * <p>One of the two may lie on the host and the other on a {@linkplain
 * org.mla4j.api.backend.Backend#device() device}: then the backend of the device runs it, rows are
 * those of whole buffers, and both have the same dense strides. A copy to the host is complete when
 * an event recorded after it is.
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
