package org.mla4j.models.architecture.decoder;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;

/**
 * The layers of a checkpoint after those that its configuration counts. DeepSeek-V3 keeps its
 * multi-token-prediction modules there, which take no part in ordinary decoding.
 */
public final class PredictionLayers {
  private static final Pattern LAYER = Pattern.compile("(model\\.layers\\.(\\d{1,9}))\\..*");

  private PredictionLayers() {}

  /**
   * Refuses a checkpoint with a layer of another kind there: it would be left out silently.
   *
   * @param config the configuration
   * @param checkpoint the weights
   * @param layers how many the configuration counts
   * @throws org.mla4j.api.error.ModelException if there is one
   */
  public static void requireNoOther(ModelConfig config, Checkpoint checkpoint, int layers) {
    for (String name : checkpoint.names()) {
      Matcher matcher = LAYER.matcher(name);
      // eh_proj joins the embedding of the token predicted before with the hidden state.
      if (matcher.matches()
          && Integer.parseInt(matcher.group(2)) >= layers
          && !checkpoint.names().contains(matcher.group(1) + ".eh_proj.weight")) {
        throw config.refused(
            "num_hidden_layers",
            Integer.toString(layers),
            "more, since the checkpoint has tensor '"
                + name
                + "', which belongs to no multi-token-prediction layer");
      }
    }
  }
}
