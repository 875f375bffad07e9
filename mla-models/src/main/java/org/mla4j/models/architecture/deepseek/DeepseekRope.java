package org.mla4j.models.architecture.deepseek;

import java.util.Optional;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.spec.SoftmaxScale;
import org.mla4j.models.checkpoint.ModelConfig;

/**
 * Rope and soft-max scale of a DeepSeek configuration: {@code rope_theta} and {@code rope_scaling},
 * or the newer {@code rope_parameters} that holds both.
 */
record DeepseekRope(RopeSpec rope, SoftmaxScale softmaxScale) {
  private static final String THETA = "rope_theta";
  private static final double DEFAULT_THETA = 10000;

  static DeepseekRope read(ModelConfig config, int dim, int maxPositions) {
    Optional<ModelConfig> parameters = config.section("rope_parameters");
    double theta =
        parameters
            .filter(section -> section.has(THETA))
            .orElse(config)
            .optionalDouble(THETA)
            .orElse(DEFAULT_THETA);
    Optional<ModelConfig> section = parameters.or(() -> config.section("rope_scaling"));
    RopeScaling scaling = section.map(DeepseekRope::scaling).orElseGet(RopeScaling.None::new);
    SoftmaxScale scale =
        scaling instanceof RopeScaling.Yarn yarn
            ? new SoftmaxScale.YarnMscale(yarn.factor(), yarn.mscaleAllDim())
            : new SoftmaxScale.HeadWidth();
    RopeStyle style =
        config.booleanField("rope_interleave", true) ? RopeStyle.INTERLEAVED : RopeStyle.NEOX;
    return new DeepseekRope(new RopeSpec(dim, theta, style, scaling, maxPositions), scale);
  }

  private static RopeScaling scaling(ModelConfig section) {
    String field = section.has("rope_type") ? "rope_type" : "type";
    if (section.choice(field, "default", "default", "yarn").equals("default")) {
      return new RopeScaling.None();
    }
    // Other families' variants of YaRN: computed as DeepSeek's they would be wrong, not refused.
    if (section.has("attention_factor")) {
      throw section.refused("attention_factor", "given", "none; mscale and mscale_all_dim say it");
    }
    if (!section.booleanField("truncate", true)) {
      throw section.refused("truncate", "false", "true");
    }
    return new RopeScaling.Yarn(
        section.doubleField("factor"),
        section.positiveInt("original_max_position_embeddings"),
        section.optionalDouble("beta_fast").orElse(32),
        section.optionalDouble("beta_slow").orElse(1),
        section.optionalDouble("mscale").orElse(1),
        section.optionalDouble("mscale_all_dim").orElse(0));
  }
}
