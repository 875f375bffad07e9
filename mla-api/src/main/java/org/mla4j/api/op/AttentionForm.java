package org.mla4j.api.op;

/**
 * How much of a layer an attention kernel does: the stage of the inputs that it takes, and the form
 * of the output that it returns. The plan does the rest.
 *
 * @param takes the stage of its inputs
 * @param returns the form of its output
 */
public record AttentionForm(InputStage takes, OutputForm returns) {
  /** Where the core's own split begins and ends. */
  public static final AttentionForm DEFAULT = new AttentionForm(InputStage.ROPED, OutputForm.HEADS);

  /** How far queries, latent and key have come. */
  public enum InputStage {
    /** Hidden states: the kernel projects, norms, rotates, writes the cache. */
    HIDDEN,
    /**
     * Latents as projected: query latent (or queries, without a query LoRA), latent, key. The
     * kernel norms, projects the queries, rotates, writes the cache.
     */
    LATENTS,
    /** Queries of all heads, normed latent, key, not rotated. The kernel rotates and writes. */
    NORMED,
    /** Rotated queries and key, normed latent; the cache is written. */
    ROPED,
    /** Absorbed and rotated queries; the cache is written and holds all there is to attend to. */
    ABSORBED
  }

  /** What is left to do. */
  public enum OutputForm {
    /**
     * {@code [T, N, L]}, weighted sums of latents: value projection and output projection follow.
     */
    LATENT,
    /** {@code [T, N, V]}: the output projection follows. */
    HEADS,
    /** {@code [T, H]}: nothing follows. */
    HIDDEN
  }

  /** Returns for example {@code roped -> heads}. */
  @Override
  public String toString() {
    return takes.name().toLowerCase(java.util.Locale.ROOT)
        + " -> "
        + returns.name().toLowerCase(java.util.Locale.ROOT);
  }
}
