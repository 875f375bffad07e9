package org.mla4j.api.op;

import java.util.List;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/**
 * Moves the key up-projection to the query: {@code q_latent[t, n] = W_UK[n]^T q_nope[t, n]}.
 *
 * @param qNope F32 {@code [T, N, P]}
 * @param kvB the joint up-projection {@code [N * (P + V), L]}; for head n its rows {@code n (P +
 *     V)} to {@code n (P + V) + P - 1} are {@code W_UK[n]}
 * @param qLatent F32 {@code [T, N, L]}
 */
public record AbsorbQuery(StepValue qNope, WeightHandle kvB, StepValue qLatent) implements Op {
  /** The name of this op. */
  public static final String TYPE = "absorb_query";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    return List.of(qNope);
  }

  @Override
  public List<Value> writes() {
    return List.of(qLatent);
  }

  @Override
  public List<WeightHandle> weights() {
    return List.of(kvB);
  }
}
