package org.mla4j.api.op;

import java.util.List;

/**
 * Adds in place, then norms the sum: {@code x += y; out = rms_norm(x)}. The stream between two
 * layers of a decoder, in one pass over the rows.
 *
 * @param add what is added to what
 * @param norm the norm of the sum
 */
public record FusedAddRmsNorm(Add add, RmsNorm norm) implements FusedOp {
  /** The name of this op. */
  public static final String TYPE = "fused_add_rms_norm";

  /**
   * Checks that the norm is that of the sum.
   *
   * @throws org.mla4j.api.error.InvalidInputException if the norm reads something else, norms its
   *     heads apart, or replaces the sum
   */
  public FusedAddRmsNorm {
    Parts.require(
        norm.x().equals(add.x()) && !norm.out().equals(add.x()) && !norm.hasHeads(),
        TYPE,
        "the norm to read the sum '" + add.x().name() + "' whole and to leave it");
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Op> parts() {
    return List.of(add, norm);
  }
}
