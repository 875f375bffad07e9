package org.mla4j.models.architecture.minicpm;

import java.util.List;
import java.util.Set;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.models.architecture.ArchitectureProvider;
import org.mla4j.models.architecture.Quantization;
import org.mla4j.models.architecture.decoder.AttentionBias;
import org.mla4j.models.architecture.decoder.Decoder;
import org.mla4j.models.architecture.decoder.LayerCount;
import org.mla4j.models.architecture.decoder.PredictionLayers;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;

/** Provides MiniCPM3. */
public final class MiniCpm3Provider implements ArchitectureProvider {
  private static final String ARCHITECTURE = "MiniCPM3ForCausalLM";

  /** For {@link java.util.ServiceLoader}. */
  public MiniCpm3Provider() {}

  @Override
  public Set<String> architectures() {
    return Set.of(ARCHITECTURE);
  }

  @Override
  public ModelDefinition create(String architecture, ModelConfig config, Checkpoint checkpoint) {
    Quantization.requireReadable(config);
    boolean headless = !checkpoint.names().contains("lm_head.weight");
    MiniCpm3Layers layers = config.checked(() -> MiniCpm3Layers.read(config, headless));
    int count = layers.config().layers();
    LayerCount.requirePresent(config, checkpoint, count);
    AttentionBias.requireAgreement(
        config,
        checkpoint,
        count,
        List.of("q_a_proj", "kv_a_proj_with_mqa", "o_proj"),
        List.of("q_proj", "q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj", "o_proj"));
    PredictionLayers.requireNoOther(config, checkpoint, count);
    return new Decoder(architecture, layers, checkpoint);
  }
}
