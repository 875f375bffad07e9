package org.mla4j.api.op;

import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;

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

  /**
   * Returns the types of the separate ops whose work it does. With one of them switched off, or
   * pinned to another backend, an attention op of this form is not used.
   *
   * @return names of {@link Op#VOCABULARY}
   */
  public Set<String> covers() {
    Set<String> types = new LinkedHashSet<>();
    if (takes.compareTo(InputStage.LATENTS) <= 0) {
      types.add(RmsNorm.TYPE);
    }
    if (takes.compareTo(InputStage.NORMED) <= 0) {
      types.add(RotaryEmbedding.TYPE);
      types.add(ConcatAndCacheMla.TYPE);
    }
    if (takes.compareTo(InputStage.ROPED) <= 0) {
      types.add(AbsorbQuery.TYPE);
    }
    types.add(MlaDecodeAttention.TYPE);
    boolean absorbed = takes == InputStage.ABSORBED || returns == OutputForm.LATENT;
    if (!absorbed) {
      types.addAll(
          Set.of(
              MlaPrefillAttention.TYPE,
              GatherCache.TYPE,
              MlaContextAttention.TYPE,
              MergeAttentionStates.TYPE));
    }
    if (returns != OutputForm.LATENT) {
      types.add(ProjectValue.TYPE);
    }
    boolean projects = takes.compareTo(InputStage.LATENTS) <= 0 || returns == OutputForm.HIDDEN;
    if (projects || !absorbed) {
      types.add(Linear.TYPE);
    }
    return types;
  }

  /** Returns for example {@code roped -> heads}. */
  @Override
  public String toString() {
    return takes.name().toLowerCase(Locale.ROOT) + " -> " + returns.name().toLowerCase(Locale.ROOT);
  }
}
