package org.mla4j.models.architecture.transmla;

import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;

/** The norms of latents, which a conversion may do without. */
final class LatentNorms {
  private static final String FIELD = "qk_latent_layernorm";
  private static final String TENSOR = "model.layers.0.self_attn.kv_a_layernorm.weight";

  private LatentNorms() {}

  /** Tells whether there are norms: the checkpoint and the configuration must agree on it. */
  static boolean present(ModelConfig config, Checkpoint checkpoint) {
    boolean present = checkpoint.names().contains(TENSOR);
    if (config.booleanField(FIELD, present) != present) {
      throw config.refused(
          FIELD,
          Boolean.toString(!present),
          present
              + " or no such field, since the checkpoint has "
              + (present ? "" : "no ")
              + "tensor '"
              + TENSOR
              + "'");
    }
    return present;
  }
}
