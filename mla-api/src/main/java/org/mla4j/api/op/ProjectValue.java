package org.mla4j.api.op;

import java.util.List;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/**
 * Projects attention output from latent to value space: {@code out[t, n] = W_UV[n] o_latent[t, n]}.
 *
 * @param oLatent F32 {@code [T, N, L]}
 * @param kvB the joint up-projection {@code [N * (P + V), L]}; for head n its rows {@code n (P + V)
 *     + P} to {@code (n + 1) (P + V) - 1} are {@code W_UV[n]}
 * @param out F32 {@code [T, N, V]}
 */
public record ProjectValue(StepValue oLatent, WeightHandle kvB, StepValue out) implements Op {
  /** The name of this op. */
  public static final String TYPE = "project_value";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    return List.of(oLatent);
  }

  @Override
  public List<Value> writes() {
    return List.of(out);
  }

  @Override
  public List<WeightHandle> weights() {
    return List.of(kvB);
  }
}
