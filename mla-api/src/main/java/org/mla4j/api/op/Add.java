package org.mla4j.api.op;

import java.util.List;
import java.util.Set;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * Adds in place: {@code x += factor * y}.
 *
 * @param x F32 {@code [T, W]}, changed in place
 * @param y F32 {@code [T, W]}
 * @param factor factor on what is added, rounded to binary32; 1 but for residual branches that a
 *     model scales
 */
public record Add(StepValue x, StepValue y, double factor) implements Op {
  /** Feature of a call whose factor is not 1. */
  public static final String FACTOR = "add_factor";

  /** The name of this op. */
  public static final String TYPE = "add";

  /**
   * Adds as it is.
   *
   * @param x F32 {@code [T, W]}, changed in place
   * @param y F32 {@code [T, W]}
   */
  public Add(StepValue x, StepValue y) {
    this(x, y, 1);
  }

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

  @Override
  public Set<String> features() {
    return factor == 1 ? Set.of() : Set.of(FACTOR);
  }
}
