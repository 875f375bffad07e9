package org.mla4j.api.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/**
 * Picks experts for each token, as {@link MoeSpec} says. Of equal choices the lower expert wins.
 *
 * @param spec the routing rule
 * @param logits F32 {@code [T, experts]}, the router's output
 * @param correctionBias {@code [experts]}, added to scores for the choice only; null for none
 * @param ids I32 {@code [T, topK]}, ascending
 * @param topKWeights F32 {@code [T, topK]}, in the order of {@code ids}
 */
public record MoeGate(
    MoeSpec spec,
    StepValue logits,
    @Nullable WeightHandle correctionBias,
    StepValue ids,
    StepValue topKWeights)
    implements Op {
  /** The name of this op. */
  public static final String TYPE = "moe_gate";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    return List.of(logits);
  }

  @Override
  public List<Value> writes() {
    return List.of(ids, topKWeights);
  }

  @Override
  public List<WeightHandle> weights() {
    return correctionBias == null ? List.of() : List.of(correctionBias);
  }
}
