package org.mla4j.models.architecture.decoder;

import java.util.Optional;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.models.checkpoint.ModelConfig;

/**
 * Where configurations speak of their rope: {@code rope_theta} and {@code rope_scaling}, or the
 * newer {@code rope_parameters} that holds both.
 *
 * @param theta base of the frequencies
 * @param section how frequencies are changed; empty if nothing says it
 */
public record RopeFields(double theta, Optional<ModelConfig> section) {
  private static final String THETA = "rope_theta";
  private static final double DEFAULT_THETA = 10000;

  /**
   * Reads the fields.
   *
   * @param config the configuration
   * @return what they say; a base of 10000 if nothing gives one
   * @throws org.mla4j.api.error.ModelException if one is of the wrong kind
   */
  public static RopeFields read(ModelConfig config) {
    Optional<ModelConfig> parameters = config.section("rope_parameters");
    double theta =
        parameters
            .filter(section -> section.has(THETA))
            .orElse(config)
            .optionalDouble(THETA)
            .orElse(DEFAULT_THETA);
    return new RopeFields(theta, parameters.or(() -> config.section("rope_scaling")));
  }

  /**
   * Returns the kind of scaling.
   *
   * @param supported those that the family has, besides {@code default}
   * @return one of them, or {@code default}
   * @throws org.mla4j.api.error.ModelException if it is another
   */
  public String type(String... supported) {
    return section
        .map(fields -> {
          String[] all = new String[supported.length + 1];
          all[0] = "default";
          System.arraycopy(supported, 0, all, 1, supported.length);
          String field = fields.has("rope_type") ? "rope_type" : "type";
          return fields.choice(field, "default", all);
        })
        .orElse("default");
  }

  /**
   * Reads a section of the type {@code yarn}.
   *
   * @param section the section
   * @return the scaling
   * @throws org.mla4j.api.error.ModelException if a field is missing, or asks for a variant that
   *     would be computed wrongly
   */
  public static RopeScaling.Yarn yarn(ModelConfig section) {
    // Variants of YaRN: computed as the plain one they would be wrong, not refused.
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
