package org.mla4j.models.checkpoint;

import java.math.BigDecimal;
import java.util.Optional;
import java.util.OptionalDouble;
import tools.jackson.databind.node.ObjectNode;

/**
 * The rope of a model: how its frequencies were stretched for long contexts.
 *
 * <p>llama.cpp has one number for the two of DeepSeek's YaRN, {@code mscale} and {@code
 * mscale_all_dim}, which are equal in all its models: {@code yarn_log_multiplier}, a tenth of them.
 */
final class GgufRope {
  private static final String TYPE = "rope.scaling.type";
  private static final String FACTOR = "rope.scaling.factor";
  private static final String ORIGINAL = "rope.scaling.original_context_length";
  private static final String LOG_MULTIPLIER = "rope.scaling.yarn_log_multiplier";
  private static final String BETA_FAST = "rope.scaling.yarn_beta_fast";
  private static final String BETA_SLOW = "rope.scaling.yarn_beta_slow";

  private GgufRope() {}

  /** Adds {@code rope_scaling}, if there is any. */
  static void readConfig(GgufKeys keys, ObjectNode config) {
    keys.ignore("rope.scaling.finetuned");
    for (String key :
        new String[] {
          "rope.scale_linear",
          "rope.scaling.attn_factor",
          "rope.scaling.yarn_attn_factor",
          "rope.scaling.yarn_ext_factor"
        }) {
      keys.requireNeutral(key, 1);
    }
    String type = keys.string(TYPE).orElse("linear"); // as llama.cpp has it
    double factor = keys.number(FACTOR).orElse(1);
    OptionalDouble logMultiplier = keys.number(LOG_MULTIPLIER);
    OptionalDouble fast = keys.number(BETA_FAST);
    OptionalDouble slow = keys.number(BETA_SLOW);
    int original = keys.has(ORIGINAL) ? keys.positive(ORIGINAL) : keys.positive("context_length");
    switch (type) {
      case "none" -> {}
      case "linear" -> {
        if (factor != 1 && factor != 0) {
          throw keys.refused(FACTOR, factor, "1 unless the type of scaling is yarn");
        }
      }
      case "yarn" -> {
        ObjectNode scaling = config.putObject("rope_scaling");
        scaling.put("type", "yarn");
        scaling.put("factor", factor);
        scaling.put("original_max_position_embeddings", original);
        fast.ifPresent(beta -> scaling.put("beta_fast", beta));
        slow.ifPresent(beta -> scaling.put("beta_slow", beta));
        if (logMultiplier.orElse(0) != 0) {
          double mscale = shifted(logMultiplier.getAsDouble(), 1);
          scaling.put("mscale", mscale);
          scaling.put("mscale_all_dim", mscale);
        }
      }
      default -> throw keys.refused(TYPE, type, "one of none, linear, yarn");
    }
  }

  /** The base of the frequencies, wherever a configuration says it. */
  static OptionalDouble theta(ModelConfig config) {
    return config
        .section("rope_parameters")
        .filter(section -> section.has("rope_theta"))
        .orElse(config)
        .optionalDouble("rope_theta");
  }

  /** Adds what a configuration says of scaling. */
  static void writeSettings(ModelConfig config, GgufSettings settings) {
    Optional<ModelConfig> section = section(config);
    if (section.isEmpty() || type(section.get(), "default", "yarn").equals("default")) {
      return;
    }
    ModelConfig yarn = section.get();
    if (yarn.has("attention_factor")) {
      throw yarn.refused("attention_factor", "given", "none, which a GGUF file cannot say");
    }
    settings.string(TYPE, "yarn");
    settings.number(FACTOR, yarn.doubleField("factor"));
    settings.integer(ORIGINAL, yarn.positiveInt("original_max_position_embeddings"));
    yarn.optionalDouble("beta_fast").ifPresent(beta -> settings.number(BETA_FAST, beta));
    yarn.optionalDouble("beta_slow").ifPresent(beta -> settings.number(BETA_SLOW, beta));
    double everywhere = yarn.optionalDouble("mscale_all_dim").orElse(0);
    double mscale = yarn.optionalDouble("mscale").orElse(1);
    if (mscale != (everywhere == 0 ? 1 : everywhere)) {
      throw yarn.refused(
          "mscale",
          Double.toString(mscale),
          "mscale_all_dim = " + everywhere + ", since a GGUF file has one number for both");
    }
    if (everywhere != 0) {
      settings.number(LOG_MULTIPLIER, shifted(everywhere, -1));
    }
  }

  /** The section about scaling, in either style. */
  static Optional<ModelConfig> section(ModelConfig config) {
    return config.section("rope_parameters").or(() -> config.section("rope_scaling"));
  }

  /** The type of scaling, in either style; one of some. */
  static String type(ModelConfig section, String... supported) {
    return section.choice(section.has("rope_type") ? "rope_type" : "type", "default", supported);
  }

  /** Times a power of ten, exactly in decimal: 0.0707 becomes 0.707. */
  private static double shifted(double value, int digits) {
    return new BigDecimal(Double.toString(value)).movePointRight(digits).doubleValue();
  }
}
