package org.mla4j.models.architecture.deepseek;

import org.mla4j.api.spec.MoeSpec;
import org.mla4j.models.architecture.WeightSource;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;

/** The experts that every token sees: none, unless {@code n_shared_experts} counts them. */
final class SharedExperts {
  private SharedExperts() {}

  /** Refuses a checkpoint that has some which its configuration does not count. */
  static void requireNoneLeftOut(
      ModelConfig config, Checkpoint checkpoint, DeepseekConfig deepseek) {
    WeightSource layers = new WeightSource(checkpoint, "model.layers.");
    for (int layer = 0; layer < deepseek.decoder().layers(); layer++) {
      MoeSpec moe = deepseek.moe(layer);
      WeightSource mlp = layers.in(Integer.toString(layer)).in("mlp");
      String tensor = "shared_experts.gate_proj.weight";
      if (moe != null && !moe.hasSharedExperts() && mlp.has(tensor)) {
        throw config.refused(
            "n_shared_experts",
            config.has("n_shared_experts") ? "0" : "missing",
            "their number, since the checkpoint has tensor '" + mlp.prefix() + tensor + "'");
      }
    }
  }
}
