package org.mla4j.api.op;

import java.util.List;
import java.util.stream.Stream;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/**
 * Runs the chosen experts and sums their outputs: {@code out[t] = sum_k weights[t, k] * down_e
 * (silu(gate_e x[t]) * up_e x[t])} with {@code e = ids[t, k]}.
 *
 * <p>The sum of a token runs in the order of its ids, whatever other tokens there are.
 *
 * @param spec the layer
 * @param x F32 {@code [T, H]}
 * @param ids I32 {@code [T, topK]}
 * @param topKWeights F32 {@code [T, topK]}
 * @param experts the weights of each expert
 * @param out F32 {@code [T, H]}
 */
public record RoutedExperts(
    MoeSpec spec,
    StepValue x,
    StepValue ids,
    StepValue topKWeights,
    List<Expert> experts,
    StepValue out)
    implements Op {
  /** The name of this op. */
  public static final String TYPE = "fused_moe";

  /**
   * The weights of one expert.
   *
   * @param gate {@code [I, H]}
   * @param up {@code [I, H]}
   * @param down {@code [H, I]}
   */
  public record Expert(WeightHandle gate, WeightHandle up, WeightHandle down) {}

  /** Copies the list of experts. */
  public RoutedExperts {
    experts = List.copyOf(experts);
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    return List.of(x, ids, topKWeights);
  }

  @Override
  public List<Value> writes() {
    return List.of(out);
  }

  @Override
  public List<WeightHandle> weights() {
    return experts.stream().flatMap(e -> Stream.of(e.gate(), e.up(), e.down())).toList();
  }
}
