package org.mla4j.api.op;

import java.util.List;
import java.util.Objects;

/**
 * Rotates queries and key in place and writes latent and rotated key to the cache.
 *
 * <p>Rope and cache write have skip conditions of their own: in a step without slot mapping, and
 * for a token with a negative slot, queries and key are rotated all the same and not written.
 *
 * @param rope the rotation
 * @param concat the cache write, of the rotated key
 */
public record RopeConcatAndCacheMla(RotaryEmbedding rope, ConcatAndCacheMla concat)
    implements FusedOp {
  /** The name of this op. */
  public static final String TYPE = "rope_concat_and_cache_mla";

  /**
   * Checks that the key written is the one rotated.
   *
   * @throws org.mla4j.api.error.InvalidInputException if it is not
   */
  public RopeConcatAndCacheMla {
    Parts.require(
        Objects.equals(rope.k(), concat.kPe()),
        TYPE,
        "the cache write to take the rotated key '" + rope.k().name() + "'");
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Op> parts() {
    return List.of(rope, concat);
  }
}
