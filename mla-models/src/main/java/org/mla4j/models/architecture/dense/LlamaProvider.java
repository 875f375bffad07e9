package org.mla4j.models.architecture.dense;

import java.util.List;
import java.util.Set;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.models.architecture.ArchitectureProvider;
import org.mla4j.models.architecture.Quantization;
import org.mla4j.models.architecture.decoder.AttentionBias;
import org.mla4j.models.architecture.decoder.Decoder;
import org.mla4j.models.architecture.decoder.FullAttention;
import org.mla4j.models.architecture.decoder.LayerCount;
import org.mla4j.models.architecture.decoder.PredictionLayers;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;

/** Provides Llama, as far as its rope is not scaled in the way of Llama 3.1. */
public final class LlamaProvider implements ArchitectureProvider {
  private static final String LLAMA = "LlamaForCausalLM";
  private static final List<String> PROJECTIONS = List.of("q_proj", "k_proj", "v_proj", "o_proj");

  /** For {@link java.util.ServiceLoader}. */
  public LlamaProvider() {}

  @Override
  public Set<String> architectures() {
    return Set.of(LLAMA);
  }

  @Override
  public ModelDefinition create(String architecture, ModelConfig config, Checkpoint checkpoint) {
    Quantization.requireReadable(config);
    FullAttention.require(config);
    DenseLayers layers = config.checked(() -> DenseConfig.read(config, false));
    int count = layers.config().layers();
    LayerCount.requirePresent(config, checkpoint, count);
    AttentionBias.requireAgreement(config, checkpoint, count, PROJECTIONS, PROJECTIONS);
    PredictionLayers.requireNoOther(config, checkpoint, count);
    return new Decoder(architecture, layers, checkpoint);
  }
}
