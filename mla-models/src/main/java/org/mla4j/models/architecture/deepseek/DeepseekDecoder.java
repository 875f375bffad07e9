package org.mla4j.models.architecture.deepseek;

import java.util.List;
import java.util.stream.Stream;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.models.architecture.Quantization;
import org.mla4j.models.architecture.decoder.AttentionBias;
import org.mla4j.models.architecture.decoder.Decoder;
import org.mla4j.models.architecture.decoder.LayerCount;
import org.mla4j.models.architecture.decoder.PredictionLayers;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;

/** A decoder of the DeepSeek family, or of one that took over its layers and names. */
public final class DeepseekDecoder {
  private static final List<String> PROJECTIONS =
      List.of("q_proj", "q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj", "o_proj");

  private DeepseekDecoder() {}

  /**
   * Makes a model, after checks of what would be misread otherwise.
   *
   * @param architecture its name
   * @param config its configuration
   * @param checkpoint its weights; the model closes it
   * @param routing how it chooses experts
   * @return the model
   * @throws org.mla4j.api.error.ModelException if a field is missing, contradictory or not
   *     supported
   */
  public static ModelDefinition create(
      String architecture, ModelConfig config, Checkpoint checkpoint, DeepseekRouting routing) {
    Quantization.requireReadable(config);
    DeepseekConfig deepseek = config.checked(() -> DeepseekConfig.read(config, routing));
    int layers = deepseek.decoder().layers();
    LayerCount.requirePresent(config, checkpoint, layers);
    AttentionBias.requireAgreement(
        config, checkpoint, layers, biased(deepseek.attention()), PROJECTIONS);
    SharedExperts.requireNoneLeftOut(config, checkpoint, deepseek);
    PredictionLayers.requireNoOther(config, checkpoint, layers);
    return new Decoder(architecture, new DeepseekLayers(deepseek), checkpoint);
  }

  /** What has a bias in the reference; the projections from the query latent never do. */
  private static List<String> biased(MlaSpec spec) {
    return Stream.of(spec.hasQLora() ? "q_a_proj" : "", "kv_a_proj_with_mqa", "o_proj")
        .filter(module -> !module.isEmpty())
        .toList();
  }
}
