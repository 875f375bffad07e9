package org.mla4j.api.op;

import java.util.List;

/**
 * Both down-projections of a layer with a query LoRA, which read the same hidden states: query
 * latent, and latent with rotary key.
 *
 * @param q {@code hidden -> q_c}
 * @param kv {@code hidden -> [kv_c | k_pe]}
 */
public record QkvAProj(Linear q, Linear kv) implements FusedOp {
  /** The name of this op. */
  public static final String TYPE = "qkv_a_proj";

  /**
   * Checks that both read the same.
   *
   * @throws org.mla4j.api.error.InvalidInputException if they do not
   */
  public QkvAProj {
    Parts.require(
        q.x().equals(kv.x()) && !q.out().root().equals(kv.out().root()),
        TYPE,
        "two projections of one value to two buffers");
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Op> parts() {
    return List.of(q, kv);
  }
}
