package org.mla4j.models.architecture.decoder;

import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.layer.GatedMlp;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.models.architecture.WeightSource;

/**
 * What a family of decoders has in its layers: attention and feed-forward, each of which takes
 * normed rows and returns what is added to the residual stream.
 */
public interface DecoderLayers {
  /**
   * Returns what is common to all decoders.
   *
   * @return the description
   */
  DecoderConfig config();

  /**
   * Adds the attention of a layer, named {@code attn}.
   *
   * @param plan scoped to the layer
   * @param cacheDTypes types of caches
   * @param source the weights of the layer
   * @param x F32 {@code [T, H]}, normed
   * @return F32 {@code [T, H]}
   */
  StepValue attention(PlanBuilder plan, CacheDTypes cacheDTypes, WeightSource source, StepValue x);

  /**
   * Adds the feed-forward of a layer, named {@code mlp}: a dense one unless the family says
   * otherwise.
   *
   * @param plan scoped to the layer
   * @param source the weights of the layer
   * @param layer which layer it is
   * @param x F32 {@code [T, H]}, normed
   * @return F32 {@code [T, H]}
   */
  default StepValue feedForward(PlanBuilder plan, WeightSource source, int layer, StepValue x) {
    return GatedMlp.add(
        plan,
        "mlp",
        source
            .in("mlp")
            .gatedMlp("intermediate_size", config().intermediateSize(), config().hiddenSize()),
        x);
  }
}
