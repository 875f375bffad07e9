package org.mla4j.models.architecture.dense;

import java.util.List;
import java.util.Set;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.models.architecture.ArchitectureProvider;
import org.mla4j.models.architecture.Quantization;
import org.mla4j.models.architecture.WeightSource;
import org.mla4j.models.architecture.decoder.AttentionBias;
import org.mla4j.models.architecture.decoder.Decoder;
import org.mla4j.models.architecture.decoder.FullAttention;
import org.mla4j.models.architecture.decoder.LayerCount;
import org.mla4j.models.architecture.decoder.PredictionLayers;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;

/** Provides Qwen2, Qwen2.5 and Qwen3, as far as they are dense. */
public final class QwenProvider implements ArchitectureProvider {
  private static final String QWEN2 = "Qwen2ForCausalLM";
  private static final String QWEN3 = "Qwen3ForCausalLM";
  private static final List<String> PROJECTIONS = List.of("q_proj", "k_proj", "v_proj", "o_proj");

  /** For {@link java.util.ServiceLoader}. */
  public QwenProvider() {}

  @Override
  public Set<String> architectures() {
    return Set.of(QWEN2, QWEN3);
  }

  @Override
  public ModelDefinition create(String architecture, ModelConfig config, Checkpoint checkpoint) {
    Quantization.requireReadable(config);
    FullAttention.require(config);
    boolean third = architecture.equals(QWEN3);
    DenseLayers layers = config.checked(() -> DenseConfig.read(config, third));
    int count = layers.config().layers();
    LayerCount.requirePresent(config, checkpoint, count);
    if (third) {
      AttentionBias.requireAgreement(config, checkpoint, count, PROJECTIONS, PROJECTIONS);
    } else {
      requireBiases(checkpoint, count);
    }
    PredictionLayers.requireNoOther(config, checkpoint, count);
    return new Decoder(architecture, layers, checkpoint);
  }

  /** No field of Qwen2 speaks of biases: keys, queries and values have them. */
  private static void requireBiases(Checkpoint checkpoint, int layers) {
    WeightSource source = new WeightSource(checkpoint, "model.layers.");
    for (int layer = 0; layer < layers; layer++) {
      WeightSource attention = source.in(Integer.toString(layer)).in("self_attn");
      for (String module : PROJECTIONS.subList(0, 3)) {
        checkpoint.require(attention.prefix() + module + ".bias");
      }
    }
  }
}
