package org.mla4j.models.architecture.deepseek;

import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;

/** The number of layers that a configuration counts. */
final class LayerCount {
  private LayerCount() {}

  /**
   * Refuses to count layers that the checkpoint does not have. To be asked before anything goes
   * through all layers: there may be two billion of them.
   */
  static void requirePresent(ModelConfig config, Checkpoint checkpoint, int layers) {
    String last = "model.layers." + (layers - 1) + ".";
    if (checkpoint.names().stream().noneMatch(name -> name.startsWith(last))) {
      throw config.refused(
          "num_hidden_layers",
          Integer.toString(layers),
          "fewer, since the checkpoint has no tensor '" + last + "*'");
    }
  }
}
