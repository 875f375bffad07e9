package org.mla4j.models.architecture.transmla;

import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;

/** Norms that a conversion may do without: those of latents, and those of heads. */
final class OptionalNorms {
  private static final String PREFIX = "model.layers.0.self_attn.";

  private OptionalNorms() {}

  /** Tells whether there are norms of latents. */
  static boolean ofLatents(ModelConfig config, Checkpoint checkpoint) {
    return present(config, checkpoint, "qk_latent_layernorm", PREFIX + "kv_a_layernorm.weight");
  }

  /** Tells whether there are norms of query and key heads. */
  static boolean ofHeads(ModelConfig config, Checkpoint checkpoint) {
    return present(config, checkpoint, "qk_head_norm", PREFIX + "k_norm.weight");
  }

  /** The checkpoint and the configuration must agree. */
  private static boolean present(
      ModelConfig config, Checkpoint checkpoint, String field, String tensor) {
    boolean present = checkpoint.names().contains(tensor);
    if (config.booleanField(field, present) != present) {
      throw config.refused(
          field,
          Boolean.toString(!present),
          present
              + " or no such field, since the checkpoint has "
              + (present ? "" : "no ")
              + "tensor '"
              + tensor
              + "'");
    }
    return present;
  }
}
