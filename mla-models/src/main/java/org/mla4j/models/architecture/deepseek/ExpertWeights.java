package org.mla4j.models.architecture.deepseek;

import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.models.architecture.WeightSource;

/** The weights of a mixture-of-experts layer, by the names that DeepSeek checkpoints use. */
record ExpertWeights(
    WeightHandle router,
    @Nullable WeightHandle correctionBias,
    List<Expert> routed,
    @Nullable Expert shared) {
  /** Finds the weights of a layer that the spec describes. */
  static ExpertWeights find(MoeSpec spec, WeightSource source) {
    WeightSource gate = source.in("gate");
    WeightSource experts = source.in("experts");
    boolean corrected = spec.scoring() == MoeSpec.Scoring.SIGMOID;
    return new ExpertWeights(
        gate.tensor("weight", "[n_routed_experts, hidden_size]", spec.experts(), spec.hiddenSize()),
        corrected
            ? gate.tensor("e_score_correction_bias", "[n_routed_experts]", spec.experts())
            : null,
        IntStream.range(0, spec.experts())
            .mapToObj(i ->
                experts
                    .in(Integer.toString(i))
                    .gatedMlp("moe_intermediate_size", spec.intermediateSize(), spec.hiddenSize()))
            .toList(),
        spec.hasSharedExperts()
            ? source
                .in("shared_experts")
                .gatedMlp(
                    "n_shared_experts * moe_intermediate_size",
                    spec.sharedIntermediateSize(),
                    spec.hiddenSize())
            : null);
  }
}
