package org.mla4j.models.architecture.deepseek;

import java.util.List;
import java.util.stream.Stream;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.models.architecture.WeightSource;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;

/**
 * The biases of attention projections: taken where the file has one, unless {@code attention_bias}
 * says otherwise.
 *
 * <p>The reference would run such a contradiction with a warning: it leaves out the biases of the
 * file when the field is false, and makes up zeros for those that are missing when it is true.
 * Neither is the model that was trained.
 */
final class AttentionBias {
  private static final String FIELD = "attention_bias";

  private AttentionBias() {}

  /** Refuses a checkpoint whose biases are not those that its configuration speaks of. */
  static void requireAgreement(ModelConfig config, Checkpoint checkpoint, DeepseekConfig deepseek) {
    if (!config.has(FIELD)) {
      return;
    }
    boolean expected = config.booleanField(FIELD, false);
    List<String> modules =
        expected
            ? biased(deepseek.attention())
            : List.of(
                "q_proj", "q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj", "o_proj");
    WeightSource layers = new WeightSource(checkpoint, "model.layers.");
    for (int layer = 0; layer < deepseek.layers(); layer++) {
      WeightSource attention = layers.in(Integer.toString(layer)).in("self_attn");
      for (String module : modules) {
        if (attention.has(module + ".bias") != expected) {
          throw config.refused(
              FIELD,
              Boolean.toString(expected),
              (expected ? "false or no such field" : "true or no such field")
                  + ", since the checkpoint has "
                  + (expected ? "no tensor '" : "tensor '")
                  + attention.prefix()
                  + module
                  + ".bias'");
        }
      }
    }
  }

  /** What has a bias in the reference; the projections from the query latent never do. */
  private static List<String> biased(MlaSpec spec) {
    return Stream.of(spec.hasQLora() ? "q_a_proj" : "", "kv_a_proj_with_mqa", "o_proj")
        .filter(module -> !module.isEmpty())
        .toList();
  }
}
