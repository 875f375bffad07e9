package org.mla4j.models.architecture.decoder;

import java.util.List;
import org.mla4j.models.checkpoint.ModelConfig;

/** Attention in which every token sees all tokens before it. */
public final class FullAttention {
  private static final String FULL = "full_attention";

  private FullAttention() {}

  /**
   * Refuses a configuration that limits what a token sees: without the limit it would be another
   * model. A width of {@code sliding_window} alone limits nothing.
   *
   * @param config the configuration
   * @throws org.mla4j.api.error.ModelException if it does
   */
  public static void require(ModelConfig config) {
    if (config.booleanField("use_sliding_window", false)) {
      throw config.refused(
          "use_sliding_window", "true", "false: sliding windows are not supported");
    }
    List<String> types = config.strings("layer_types");
    for (int layer = 0; layer < types.size(); layer++) {
      if (!types.get(layer).equals(FULL)) {
        throw config.refused(
            "layer_types[" + layer + "]", "\"" + types.get(layer) + "\"", "one of " + FULL);
      }
    }
    if (config.has("dual_chunk_attention_config")) {
      throw config.refused(
          "dual_chunk_attention_config",
          "given",
          "no such field: attention in chunks is not supported");
    }
  }
}
