package org.mla4j.core.cpu.kernel;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.value.StepValue;

/**
 * What attention in the decompressed form reads and writes, whichever keys it is over.
 *
 * @param qNope queries {@code [T, N, P]}
 * @param qPe rotated queries {@code [T, N, R]}; null when R = 0
 * @param kNope keys {@code [keys, N, P]}
 * @param kPe rotated keys {@code [keys, R]}, shared by all heads; null when R = 0
 * @param v values {@code [keys, N, V]}
 * @param scale factor on scores
 * @param out {@code [T, N, V]}
 * @param lse {@code [T, N]}, or null if nobody wants it
 */
public record DecompressedOperands(
    StepValue qNope,
    @Nullable StepValue qPe,
    StepValue kNope,
    @Nullable StepValue kPe,
    StepValue v,
    double scale,
    StepValue out,
    @Nullable StepValue lse) {
  /**
   * Takes those of an op.
   *
   * @param op attention among new tokens
   * @return its operands
   */
  public static DecompressedOperands of(MlaPrefillAttention op) {
    return new DecompressedOperands(
        op.qNope(), op.qPe(), op.kNope(), op.kPe(), op.v(), op.scale(), op.out(), op.lse());
  }

  /**
   * Takes those of an op.
   *
   * @param op attention to context rows
   * @return its operands
   */
  public static DecompressedOperands of(MlaContextAttention op) {
    return new DecompressedOperands(
        op.qNope(), op.qPe(), op.kNope(), op.kPe(), op.v(), op.scale(), op.out(), op.lse());
  }
}
