package org.mla4j.models;

import java.nio.file.Path;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.core.engine.Engine;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.architecture.Architectures;
import org.mla4j.models.checkpoint.GenerationConfig;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.tokenizer.Tokenizer;
import org.mla4j.models.tokenizer.Tokenizers;

/**
 * A model as the Hugging Face Hub ships it: a folder with configuration, weights and tokenizer,
 * opened but not running.
 *
 * <p>Ownership: the caller closes it, after the engines started from it. What it returned is closed
 * with it and then refuses calls. Threading: safe to share.
 */
public final class LanguageModel implements AutoCloseable {
  private final Path folder;
  private final ModelDefinition definition;
  private final GenerationConfig generationConfig;
  private final Tokenizer tokenizer;
  private volatile boolean closed;

  private LanguageModel(
      Path folder,
      ModelDefinition definition,
      GenerationConfig generationConfig,
      Tokenizer tokenizer) {
    this.folder = folder;
    this.definition = definition;
    this.generationConfig = generationConfig;
    this.tokenizer = tokenizer;
  }

  /**
   * Opens a model with default options.
   *
   * @param folder holds {@code config.json}, the weights and {@code tokenizer.json}
   * @return the model
   * @throws org.mla4j.api.error.ModelException if a file is missing or malformed, the files
   *     contradict each other, or the architecture is unknown
   */
  public static LanguageModel open(Path folder) {
    return open(folder, LoadOptions.defaults());
  }

  /**
   * Opens a model. Weights are mapped; they are read only to be {@linkplain WeightCheck checked}.
   *
   * @param folder holds {@code config.json}, the weights and {@code tokenizer.json}
   * @param options how
   * @return the model
   * @throws org.mla4j.api.error.ModelException if a file is missing or malformed, the files
   *     contradict each other, or the architecture is unknown
   */
  public static LanguageModel open(Path folder, LoadOptions options) {
    ModelConfig config = ModelConfig.of(folder);
    GenerationConfig generationConfig = GenerationConfig.read(folder, config);
    ModelDefinition definition =
        Architectures.discover(options.pluginLoader()).open(folder, config);
    try {
      Tokenizer tokenizer = Tokenizers.open(folder, options.tokenizer());
      try {
        VocabularyFit.require(folder, definition, tokenizer);
        CheckedWeights.warn(folder, options); // last: it may take long
        return new LanguageModel(folder, definition, generationConfig, tokenizer);
      } catch (RuntimeException | Error e) {
        tokenizer.close();
        throw e;
      }
    } catch (RuntimeException | Error e) {
      definition.close();
      throw e;
    }
  }

  /**
   * Starts an engine for this model: finds backends, makes the plan, takes the weights.
   *
   * @param options what the user chose
   * @return the engine, to be closed before this model
   * @throws org.mla4j.api.error.MlaException if a backend, the checkpoint or an option does not fit
   * @throws ClosedException if this is closed
   */
  public TextEngine start(EngineOptions options) {
    if (closed) {
      throw new ClosedException(ErrorCode.CLOSED, "start() on the closed model '" + folder + "'.");
    }
    return new TextEngine(this, Engine.open(definition, options));
  }

  /**
   * Returns the folder.
   *
   * @return as given to {@link #open}
   */
  public Path folder() {
    return folder;
  }

  /**
   * Returns the model itself.
   *
   * @return the definition, owned by this
   */
  public ModelDefinition definition() {
    return definition;
  }

  /**
   * Returns what the model recommends for generation.
   *
   * @return stop tokens and sampling
   */
  public GenerationConfig generationConfig() {
    return generationConfig;
  }

  /**
   * Returns the tokenizer.
   *
   * @return the tokenizer, owned by this
   */
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /** Closes tokenizer and weights. Calling it twice does no harm. */
  @Override
  public void close() {
    closed = true;
    tokenizer.close();
    definition.close();
  }
}
