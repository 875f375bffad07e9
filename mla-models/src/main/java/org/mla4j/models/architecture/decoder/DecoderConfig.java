package org.mla4j.models.architecture.decoder;

import java.nio.file.Path;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.models.checkpoint.ModelConfig;

/**
 * What the configurations of all decoders say, in our terms.
 *
 * @param name for people
 * @param vocabularySize token ids
 * @param hiddenSize width of the model
 * @param layers decoder layers; multi-token-prediction layers come after them in the file and are
 *     left out
 * @param intermediateSize inner width of a dense MLP
 * @param maxPositions longest sequence
 * @param norm norm of the residual stream
 * @param tiedEmbeddings whether the head is the embedding table
 * @param scales factors along the residual stream
 */
public record DecoderConfig(
    String name,
    int vocabularySize,
    int hiddenSize,
    int layers,
    int intermediateSize,
    int maxPositions,
    NormSpec norm,
    boolean tiedEmbeddings,
    Scales scales) {
  private static final double DEFAULT_EPS = 1e-6;

  /**
   * Factors along the residual stream.
   *
   * @param embedding on the embedding of each token
   * @param residual on what a layer adds to the stream
   * @param logit on logits, by way of the last norm
   */
  public record Scales(double embedding, double residual, double logit) {
    /** As most models are: nothing is scaled. */
    public static final Scales NONE = new Scales(1, 1, 1);
  }

  /**
   * Reads the fields that all decoders share.
   *
   * @param config the configuration
   * @return what it says, with nothing scaled
   * @throws org.mla4j.api.error.ModelException if a field is missing or not supported
   */
  public static DecoderConfig read(ModelConfig config) {
    return read(config, false);
  }

  /**
   * Reads the fields that all decoders share.
   *
   * @param config the configuration
   * @param tied whether the head is the embedding table if no field says it
   * @return what it says, with nothing scaled
   * @throws org.mla4j.api.error.ModelException if a field is missing or not supported
   */
  public static DecoderConfig read(ModelConfig config, boolean tied) {
    config.choice("hidden_act", "silu", "silu");
    if (config.booleanField("mlp_bias", false)) {
      throw config.refused("mlp_bias", "true", "false");
    }
    return new DecoderConfig(
        name(config.file()),
        config.positiveInt("vocab_size"),
        config.positiveInt("hidden_size"),
        config.positiveInt("num_hidden_layers"),
        config.positiveInt("intermediate_size"),
        config.positiveInt("max_position_embeddings"),
        new NormSpec(config.optionalDouble("rms_norm_eps").orElse(DEFAULT_EPS)),
        config.booleanField("tie_word_embeddings", tied),
        Scales.NONE);
  }

  /**
   * Describes the same decoder with factors.
   *
   * @param factors the factors
   * @return the description
   */
  public DecoderConfig withScales(Scales factors) {
    return new DecoderConfig(
        name,
        vocabularySize,
        hiddenSize,
        layers,
        intermediateSize,
        maxPositions,
        norm,
        tiedEmbeddings,
        factors);
  }

  /** The name of the folder, also when it was given as a dot; that of a GGUF file by itself. */
  private static String name(Path file) {
    Path model = file.toAbsolutePath().normalize();
    if (!model.endsWith(ModelConfig.FILE)) {
      return String.valueOf(model.getFileName()).replaceFirst("\\.gguf$", "");
    }
    Path folder = model.getParent();
    Path name = folder == null ? null : folder.getFileName();
    return name == null ? file.toString() : name.toString();
  }

  /** The norms of the residual stream. */
  StreamNorm streamNorm() {
    return new StreamNorm(hiddenSize, norm.eps());
  }
}
