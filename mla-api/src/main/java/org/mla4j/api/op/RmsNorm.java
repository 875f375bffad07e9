package org.mla4j.api.op;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/**
 * Root-mean-square norm of each row, or of each head of each row: {@code out = x / sqrt(mean(x^2) +
 * eps) * weight * scale}, the mean over W elements.
 *
 * @param x F32 {@code [T, W]}, rows possibly strided, or {@code [T, N, W]}, heads possibly strided,
 *     too
 * @param weight {@code [W]}
 * @param eps added to the mean of squares
 * @param scale factor on the result; 1 but for latents that are scaled after their norm
 * @param out F32, of the shape of {@code x}; may be {@code x} itself
 */
public record RmsNorm(StepValue x, WeightHandle weight, double eps, double scale, StepValue out)
    implements Op {
  /** Feature of a call whose result is scaled. */
  public static final String OUTPUT_SCALE = "output_scale";

  /** Feature of a call that norms each head of a row by itself. */
  public static final String HEADS = "norm_heads";

  /** The name of this op. */
  public static final String TYPE = "rms_norm";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    return List.of(x);
  }

  @Override
  public List<Value> writes() {
    return List.of(out);
  }

  @Override
  public List<WeightHandle> weights() {
    return List.of(weight);
  }

  @Override
  public Set<String> features() {
    Set<String> features = new HashSet<>();
    if (scale != 1) {
      features.add(OUTPUT_SCALE);
    }
    if (hasHeads()) {
      features.add(HEADS);
    }
    return features;
  }

  /**
   * Tells whether each head of a row is normed by itself.
   *
   * @return true if a row of {@code x} is {@code [N, W]}
   */
  public boolean hasHeads() {
    return x.rowShape().rank() == 2;
  }
}
