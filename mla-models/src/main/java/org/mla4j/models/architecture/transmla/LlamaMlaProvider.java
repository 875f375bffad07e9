package org.mla4j.models.architecture.transmla;

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

/** Provides Qwen and Llama models in the form that TransMLA converts them to. */
public final class LlamaMlaProvider implements ArchitectureProvider {
  private static final String ARCHITECTURE = "LlamaMLAForCausalLM";

  /** For {@link java.util.ServiceLoader}. */
  public LlamaMlaProvider() {}

  @Override
  public Set<String> architectures() {
    return Set.of(ARCHITECTURE);
  }

  @Override
  public ModelDefinition create(String architecture, ModelConfig config, Checkpoint checkpoint) {
    Quantization.requireReadable(config);
    FullAttention.require(config);
    requireDense(config);
    boolean normed = OptionalNorms.ofLatents(config, checkpoint);
    boolean normedHeads = OptionalNorms.ofHeads(config, checkpoint);
    LlamaMlaLayers layers = config.checked(() -> LlamaMlaLayers.read(config, normed, normedHeads));
    int count = layers.config().layers();
    LayerCount.requirePresent(config, checkpoint, count);
    AttentionBias.requireAgreement(
        config,
        checkpoint,
        count,
        List.of(layers.attention().hasQLora() ? "q_b_proj" : "q_proj", "kv_a_proj_with_mqa"),
        List.of("q_proj", "q_b_proj", "kv_a_proj_with_mqa"));
    PredictionLayers.requireNoOther(config, checkpoint, count);
    return new Decoder(architecture, layers, checkpoint);
  }

  private static void requireDense(ModelConfig config) {
    int experts = config.count("n_routed_experts");
    if (experts > 0) {
      throw config.refused(
          "n_routed_experts",
          Integer.toString(experts),
          "0 or no such field: models of this architecture have dense layers only");
    }
  }
}
