package org.mla4j.models.architecture.decoder;

import java.util.List;
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
public final class AttentionBias {
  private static final String FIELD = "attention_bias";

  private AttentionBias() {}

  /**
   * Refuses a checkpoint whose biases are not those that its configuration speaks of.
   *
   * @param config the configuration
   * @param checkpoint the weights
   * @param layers how many layers there are
   * @param biased the projections that have a bias if the field is true
   * @param all all projections: none of them has one if the field is false
   * @throws org.mla4j.api.error.ModelException if a bias is missing, or one is there that should
   *     not be
   */
  public static void requireAgreement(
      ModelConfig config,
      Checkpoint checkpoint,
      int layers,
      List<String> biased,
      List<String> all) {
    if (!config.has(FIELD)) {
      return;
    }
    boolean expected = config.booleanField(FIELD, false);
    WeightSource source = new WeightSource(checkpoint, "model.layers.");
    for (int layer = 0; layer < layers; layer++) {
      WeightSource attention = source.in(Integer.toString(layer)).in("self_attn");
      for (String module : expected ? biased : all) {
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
}
