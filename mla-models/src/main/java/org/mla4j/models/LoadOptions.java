package org.mla4j.models;

import java.lang.System.Logger.Level;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.models.tokenizer.TokenizerOptions;

/**
 * How a model is opened. Immutable; made by a {@link Builder}.
 *
 * @param tokenizer how its tokenizer is opened
 * @param weightCheck when its weights are searched for NaN and infinity
 * @param progress told how far that search is, as phase {@code weights checked}
 * @param warnings told what is wrong with the model, though it can be opened, as sentences; on the
 *     thread that opens it
 * @param pluginLoader class loader that architectures are looked for in; null for the thread's
 */
public record LoadOptions(
    TokenizerOptions tokenizer,
    WeightCheck weightCheck,
    ProgressListener progress,
    Consumer<String> warnings,
    @Nullable ClassLoader pluginLoader) {

  /**
   * Returns the defaults: a check of the weights if they fit memory, no progress, warnings to the
   * {@link System.Logger} of {@link LanguageModel}.
   *
   * @return the options
   */
  public static LoadOptions defaults() {
    return builder().build();
  }

  /**
   * Starts with the defaults.
   *
   * @return the builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {
    private TokenizerOptions tokenizer = TokenizerOptions.defaults();
    private WeightCheck weightCheck = WeightCheck.IF_IT_FITS;
    private ProgressListener progress = ProgressListener.NONE;
    private Consumer<String> warnings =
        text -> System.getLogger(LanguageModel.class.getName()).log(Level.WARNING, text);
    private @Nullable ClassLoader pluginLoader;

    private Builder() {}

    /**
     * Sets how the tokenizer is opened.
     *
     * @param how for example with another cache folder
     * @return this builder
     */
    public Builder tokenizer(TokenizerOptions how) {
      tokenizer = how;
      return this;
    }

    /**
     * Sets when weights are searched for NaN and infinity.
     *
     * @param when {@link WeightCheck#IF_IT_FITS} by default
     * @return this builder
     */
    public Builder weightCheck(WeightCheck when) {
      weightCheck = when;
      return this;
    }

    /**
     * Sets who is told about work that takes long.
     *
     * @param listener nobody by default
     * @return this builder
     */
    public Builder progress(ProgressListener listener) {
      progress = listener;
      return this;
    }

    /**
     * Sets who is told what is wrong with a model that can be opened.
     *
     * @param listener given one or more sentences at a time; a logger by default
     * @return this builder
     */
    public Builder warnings(Consumer<String> listener) {
      warnings = listener;
      return this;
    }

    /**
     * Sets where architectures are looked for.
     *
     * @param loader a class loader that sees the plug-ins' jars, for example a {@link
     *     org.mla4j.core.plugin.PluginFolder}; it is not closed with the model
     * @return this builder
     */
    public Builder pluginLoader(ClassLoader loader) {
      pluginLoader = loader;
      return this;
    }

    /**
     * Makes the options.
     *
     * @return the options
     */
    public LoadOptions build() {
      return new LoadOptions(tokenizer, weightCheck, progress, warnings, pluginLoader);
    }
  }
}
