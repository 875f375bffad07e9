package org.mla4j.models.architecture.decoder;

import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;

/** The number of layers that a configuration counts. */
public final class LayerCount {
  private LayerCount() {}

  /**
   * Refuses to count layers that the checkpoint does not have. To be asked before anything goes
   * through all layers: there may be two billion of them.
   *
   * @param config the configuration
   * @param checkpoint the weights
   * @param layers how many the configuration counts
   * @throws org.mla4j.api.error.ModelException if the last of them is not there
   */
  public static void requirePresent(ModelConfig config, Checkpoint checkpoint, int layers) {
    String last = "model.layers." + (layers - 1) + ".";
    if (checkpoint.names().stream().noneMatch(name -> name.startsWith(last))) {
      throw config.refused(
          "num_hidden_layers",
          Integer.toString(layers),
          "fewer, since the checkpoint has no tensor '" + last + "*'");
    }
  }
}
