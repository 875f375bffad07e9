package org.mla4j.models.convert;

import java.util.List;
import org.mla4j.models.architecture.decoder.RopeFields;
import org.mla4j.models.checkpoint.ModelConfig;

/**
 * The sizes of a model with grouped-query attention.
 *
 * @param layers how many layers
 * @param hidden width of the model
 * @param heads query heads
 * @param keyHeads heads of keys and values
 * @param headDim elements of a head
 * @param ropeTheta base of the rotary frequencies
 * @param maxPositions longest sequence
 * @param normedHeads true if every query and key head is normed after its projection
 */
record GqaShape(
    int layers,
    int hidden,
    int heads,
    int keyHeads,
    int headDim,
    double ropeTheta,
    int maxPositions,
    boolean normedHeads) {
  private static final String HEADS = "num_attention_heads";
  private static final String KEY_HEADS = "num_key_value_heads";

  /** What the conversion knows: plain pre-norm decoders with these very weight names. */
  private static final List<String> CONVERTIBLE =
      List.of("Qwen2ForCausalLM", "Qwen3ForCausalLM", "LlamaForCausalLM");

  /**
   * Reads a configuration.
   *
   * @throws org.mla4j.api.error.ModelException if the model cannot be converted
   */
  static GqaShape read(ModelConfig config) {
    requireConvertible(config);
    int hidden = config.positiveInt("hidden_size");
    int heads = config.positiveInt(HEADS);
    int keyHeads = config.optionalInt(KEY_HEADS).orElse(heads);
    if (keyHeads < 1 || heads % keyHeads != 0) {
      throw config.refused(
          KEY_HEADS, Integer.toString(keyHeads), "a divisor of " + HEADS + " = " + heads);
    }
    if (!config.has("head_dim") && hidden % heads != 0) {
      throw config.refused(
          HEADS,
          Integer.toString(heads),
          "a divisor of hidden_size = " + hidden + ", or a field head_dim");
    }
    int headDim = config.optionalInt("head_dim").orElse(hidden / heads);
    if (headDim < 2 || headDim % 2 != 0) {
      throw config.refused("head_dim", Integer.toString(headDim), "an even number");
    }
    if (2L * keyHeads * headDim > Spectrum.LARGEST) {
      throw config.refused(
          KEY_HEADS,
          Integer.toString(keyHeads),
          "keys and values of at most "
              + Spectrum.LARGEST
              + " elements together, which the solver of the conversion takes; head_dim is "
              + headDim);
    }
    return new GqaShape(
        config.positiveInt("num_hidden_layers"),
        hidden,
        heads,
        keyHeads,
        headDim,
        theta(config),
        config.positiveInt("max_position_embeddings"),
        config.strings("architectures").contains("Qwen3ForCausalLM"));
  }

  private static void requireConvertible(ModelConfig config) {
    List<String> given = config.strings("architectures");
    if (given.stream().noneMatch(CONVERTIBLE::contains)) {
      throw config.refused("architectures", given.toString(), "one of " + CONVERTIBLE);
    }
    if (config.booleanField("use_sliding_window", false)) {
      throw config.refused("use_sliding_window", "true", "false");
    }
  }

  /** The frequencies must stay a geometric sequence: that is all the latent form can express. */
  private static double theta(ModelConfig config) {
    RopeFields fields = RopeFields.read(config);
    fields.type(); // refuses every kind of scaling
    return fields.theta();
  }

  /** Query heads that share a key head. */
  int headsPerKey() {
    return heads / keyHeads;
  }

  /** Rotary pairs of a head: element {@code i} and element {@code i + pairs}. */
  int pairs() {
    return headDim / 2;
  }

  /** Elements of all key heads. */
  int keyWidth() {
    return keyHeads * headDim;
  }

  /** How far a pair turns from one position to the next, in radians. */
  double frequency(int pair) {
    return Math.pow(ropeTheta, -2.0 * pair / headDim);
  }
}
