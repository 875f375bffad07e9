package org.mla4j.api.op;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Norms the latent, rotates queries and key in place, writes latent and rotated key to the cache.
 * The rotary key is never normed. Skip conditions as in {@link RopeConcatAndCacheMla}.
 *
 * @param norm norm of the latent, to a value of its own
 * @param rope the rotation; null for a layer without rope, whose key, if any, is written as it is
 * @param concat the cache write, of the normed latent and the rotated key
 */
public record RmsNormRopeConcatAndCacheMla(
    RmsNorm norm, @Nullable RotaryEmbedding rope, ConcatAndCacheMla concat) implements FusedOp {
  /** The name of this op. */
  public static final String TYPE = "rms_norm_rope_concat_and_cache_mla";

  /**
   * Checks that what is written is what was normed and rotated.
   *
   * @throws org.mla4j.api.error.InvalidInputException if it is not
   */
  public RmsNormRopeConcatAndCacheMla {
    Parts.require(
        norm.out().equals(concat.kvC()) && (rope == null || Objects.equals(rope.k(), concat.kPe())),
        TYPE,
        "the cache write to take the normed latent '"
            + norm.out().name()
            + "' and the rotated key");
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Op> parts() {
    List<Op> parts = new ArrayList<>(List.of(norm));
    if (rope != null) {
      parts.add(rope);
    }
    parts.add(concat);
    return List.copyOf(parts);
  }
}
