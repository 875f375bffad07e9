package org.mla4j.api.op;

import java.util.List;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * The gate of an MLP: {@code out = silu(gate) * up}, with {@code silu(x) = x / (1 + exp(-x))}.
 *
 * @param gateUp F32 {@code [T, 2 W]}: gate, then up
 * @param out F32 {@code [T, W]}
 */
public record SiluAndMul(StepValue gateUp, StepValue out) implements Op {
  /** The name of this op. */
  public static final String TYPE = "silu_and_mul";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    return List.of(gateUp);
  }

  @Override
  public List<Value> writes() {
    return List.of(out);
  }
}
