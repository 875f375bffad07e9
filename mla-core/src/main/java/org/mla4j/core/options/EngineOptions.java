package org.mla4j.core.options;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.ExecutionMode;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.spec.CacheType;
import org.mla4j.api.tensor.DType;

/**
 * What a user chooses for an engine. Immutable; made by a {@link Builder}.
 *
 * <p>Where the builder is told nothing, backend, op list, execution and attention split come from
 * the properties {@code mla.backend}, {@code mla.ops}, {@code mla.execution} and {@code
 * mla.attention}, then from the environment, {@code MLA_BACKEND} and so on.
 *
 * @param backend name of a backend, or {@code auto}
 * @param ops which ops may run there
 * @param strict whether a named backend must run every op, none of them on {@code cpu}
 * @param backendOptions options of backends, {@code backend:option} to value
 * @param threads threads that compute, the engine's own included
 * @param deterministic whether a result must not depend on who else is in a step, how a prompt is
 *     cut, or the block size; refused with a backend that does not claim it
 * @param cacheDTypes types of the caches
 * @param blockSize tokens per cache block
 * @param maxSequenceLength tokens of one sequence; 0 for the model's positions, at most 4096
 * @param maxTokensPerStep tokens of one step; a longer prompt takes several steps
 * @param execution whether decode steps are replayed from graphs, where backends can capture them
 * @param attentionSplit whether passes over the plan see inside attention
 * @param promptChunk tokens that one prompt may take of a step; 0 for as many as fit
 * @param decodeThreshold the longest query after a context that is attended in the absorbed form;
 *     deterministic mode attends all in that form
 * @param contextTokens cached tokens that are decompressed at once, never fewer than sequences that
 *     run at once; 0 for as many as a step has
 * @param maxSequences sequences that run at once, never more than a step has tokens
 * @param cacheTokens tokens the cache holds, all sequences together; 0 for twice the longest
 *     sequence
 * @param allLogits whether the logits of every token of a step may be wanted, not only of each
 *     sequence's last
 * @param cacheFolder folder for compiled programs; null for none
 * @param progress told about loading
 * @param pluginLoader class loader that backends are looked for in; null for the thread's
 */
public record EngineOptions(
    String backend,
    OpChoice ops,
    boolean strict,
    Map<String, String> backendOptions,
    int threads,
    boolean deterministic,
    CacheDTypes cacheDTypes,
    int blockSize,
    int maxSequenceLength,
    int maxTokensPerStep,
    ExecutionMode execution,
    AttentionSplit attentionSplit,
    int promptChunk,
    int decodeThreshold,
    int contextTokens,
    int maxSequences,
    int cacheTokens,
    boolean allLogits,
    @Nullable Path cacheFolder,
    ProgressListener progress,
    @Nullable ClassLoader pluginLoader) {
  /** The name that leaves the choice of backend to the engine. */
  public static final String AUTO = "auto";

  /**
   * Where decompressing the context of a prompt's piece begins to cost less than attending to it in
   * latent space: 171 tokens with the widths of DeepSeek-V3, 85 with those of MiniCPM3.
   */
  private static final int DECODE_THRESHOLD = 128;

  /** The most threads an engine takes: more is a mistake, not a wish. */
  private static final int MAX_THREADS = 1024;

  /**
   * Checks the ranges.
   *
   * @throws InvalidInputException naming the option, what was given and what is expected
   */
  public EngineOptions {
    backendOptions = Map.copyOf(backendOptions);
    require(!backend.isBlank(), "backend", "''", "a name or 'auto'");
    require(threads >= 1 && threads <= MAX_THREADS, "threads", threads, "1 to " + MAX_THREADS);
    require(blockSize >= 1, "blockSize", blockSize, "1 or more");
    require(maxSequenceLength >= 0, "maxSequenceLength", maxSequenceLength, "0 or more");
    require(maxTokensPerStep >= 1, "maxTokensPerStep", maxTokensPerStep, "1 or more");
    require(promptChunk >= 0, "promptChunk", promptChunk, "0 or more");
    require(decodeThreshold >= 1, "decodeThreshold", decodeThreshold, "1 or more");
    require(contextTokens >= 0, "contextTokens", contextTokens, "0 or more");
    require(maxSequences >= 1, "maxSequences", maxSequences, "1 or more");
    require(cacheTokens >= 0, "cacheTokens", cacheTokens, "0 or more");
    require(
        !strict || !backend.equals(AUTO),
        "strict",
        "true with backend 'auto'",
        "the name of the backend that must run every op");
    for (String key : backendOptions.keySet()) {
      require(key.indexOf(':') > 0, "backendOptions", key, "'backend:option'");
    }
  }

  /**
   * Starts with the defaults.
   *
   * @return the builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Starts with these options.
   *
   * @return a builder to change some of them
   */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.backend = backend;
    builder.ops = ops;
    builder.strict = strict;
    builder.backendOptions.putAll(backendOptions);
    builder.threads = threads;
    builder.deterministic = deterministic;
    builder.cacheDTypes = cacheDTypes;
    builder.blockSize = blockSize;
    builder.maxSequenceLength = maxSequenceLength;
    builder.maxTokensPerStep = maxTokensPerStep;
    builder.execution = execution;
    builder.attentionSplit = attentionSplit;
    builder.promptChunk = promptChunk;
    builder.decodeThreshold = decodeThreshold;
    builder.contextTokens = contextTokens;
    builder.maxSequences = maxSequences;
    builder.cacheTokens = cacheTokens;
    builder.allLogits = allLogits;
    builder.cacheFolder = cacheFolder;
    builder.progress = progress;
    builder.pluginLoader = pluginLoader;
    return builder;
  }

  /**
   * Returns the options of one backend.
   *
   * @param name name of the backend
   * @return option to value
   */
  public Map<String, String> optionsOf(String name) {
    Map<String, String> own = new LinkedHashMap<>();
    backendOptions.forEach((key, value) -> {
      if (key.startsWith(name + ":")) {
        own.put(key.substring(name.length() + 1), value);
      }
    });
    return own;
  }

  private static void require(boolean holds, String option, Object given, String expected) {
    if (!holds) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Option " + option + " = " + given + "; expected " + expected + ".");
    }
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {
    private @Nullable String backend;
    private @Nullable OpChoice ops;
    private boolean strict;
    private final Map<String, String> backendOptions = new LinkedHashMap<>();
    private int threads = Runtime.getRuntime().availableProcessors();
    private boolean deterministic;
    private CacheDTypes cacheDTypes = CacheDTypes.F32;
    private int blockSize = 16;
    private int maxSequenceLength;
    private int maxTokensPerStep = 512;
    private @Nullable ExecutionMode execution;
    private @Nullable AttentionSplit attentionSplit;
    private int promptChunk;
    private int decodeThreshold = DECODE_THRESHOLD;
    private int contextTokens;
    private int maxSequences = 4;
    private int cacheTokens;
    private boolean allLogits;
    private @Nullable Path cacheFolder;
    private ProgressListener progress = ProgressListener.NONE;
    private @Nullable ClassLoader pluginLoader;

    private Builder() {}

    /**
     * Names the backend.
     *
     * @param name its name, or {@code auto}
     * @return this builder
     */
    public Builder backend(String name) {
      backend = name;
      return this;
    }

    /**
     * Says which ops may run on it.
     *
     * @param list see {@link OpChoice}
     * @return this builder
     * @throws InvalidInputException if the list is malformed
     */
    public Builder ops(String list) {
      ops = OpChoice.parse(list);
      return this;
    }

    /**
     * Says whether a named backend must run every op.
     *
     * @param value true for an error where {@code cpu} would step in
     * @return this builder
     */
    public Builder strict(boolean value) {
      strict = value;
      return this;
    }

    /**
     * Sets an option of a backend.
     *
     * @param key {@code backend:option}, for example {@code cpu:vector}
     * @param value its value
     * @return this builder
     */
    public Builder backendOption(String key, String value) {
      backendOptions.put(key, value);
      return this;
    }

    /**
     * Sets how many threads compute.
     *
     * @param value at least 1; the default is one per processor
     * @return this builder
     */
    public Builder threads(int value) {
      threads = value;
      return this;
    }

    /**
     * Asks for results that depend on the request alone.
     *
     * @param value true for the same bits whoever else is in a step, however a prompt is cut,
     *     whatever the block size; long prompts take longer
     * @return this builder
     */
    public Builder deterministic(boolean value) {
      deterministic = value;
      return this;
    }

    /**
     * Sets the element type of the caches of all layers.
     *
     * @param value F32 (the default), BF16, F16 or F8_E4M3
     * @return this builder
     * @throws InvalidInputException if it is none of these
     */
    public Builder cacheDType(DType value) {
      return cacheDTypes(CacheDTypes.of(value));
    }

    /**
     * Sets the type of the caches of all layers.
     *
     * @param value the type; {@link CacheType#FP8_DS_MLA} is for MLA layers, others then have F32
     * @return this builder
     */
    public Builder cacheType(CacheType value) {
      return cacheDTypes(CacheDTypes.of(value));
    }

    /**
     * Sets the types of the caches by the type of layer.
     *
     * @param value the choice
     * @return this builder
     */
    public Builder cacheDTypes(CacheDTypes value) {
      cacheDTypes = value;
      return this;
    }

    /**
     * Sets the size of cache blocks.
     *
     * @param tokens tokens per block; 16 by default
     * @return this builder
     */
    public Builder blockSize(int tokens) {
      blockSize = tokens;
      return this;
    }

    /**
     * Sets the longest sequence.
     *
     * @param tokens prompt and answer together; 0 for the model's positions, at most 4096
     * @return this builder
     */
    public Builder maxSequenceLength(int tokens) {
      maxSequenceLength = tokens;
      return this;
    }

    /**
     * Sets the largest step.
     *
     * @param tokens 512 by default
     * @return this builder
     */
    public Builder maxTokensPerStep(int tokens) {
      maxTokensPerStep = tokens;
      return this;
    }

    /**
     * Sets how steps run.
     *
     * @param mode eager by default
     * @return this builder
     */
    public Builder execution(ExecutionMode mode) {
      execution = mode;
      return this;
    }

    /**
     * Sets whether passes over the plan see inside attention.
     *
     * @param split visible by default
     * @return this builder
     */
    public Builder attentionSplit(AttentionSplit split) {
      attentionSplit = split;
      return this;
    }

    /**
     * Sets how much of a step one prompt may take, so that a long one does not hold up others.
     *
     * @param tokens 0, the default, for as many as fit
     * @return this builder
     */
    public Builder promptChunk(int tokens) {
      promptChunk = tokens;
      return this;
    }

    /**
     * Sets which pieces of prompts are attended in the absorbed form, like single tokens.
     *
     * @param tokens the longest such piece, 128 by default
     * @return this builder
     */
    public Builder decodeThreshold(int tokens) {
      decodeThreshold = tokens;
      return this;
    }

    /**
     * Sets how many cached tokens are decompressed at once when a long prompt goes on.
     *
     * @param tokens 0, the default, for as many as a step has
     * @return this builder
     */
    public Builder contextTokens(int tokens) {
      contextTokens = tokens;
      return this;
    }

    /**
     * Sets how many sequences run at once.
     *
     * @param sequences 4 by default; more wait
     * @return this builder
     */
    public Builder maxSequences(int sequences) {
      maxSequences = sequences;
      return this;
    }

    /**
     * Sets the size of the cache.
     *
     * @param tokens all sequences together; 0 for twice the longest sequence
     * @return this builder
     */
    public Builder cacheTokens(int tokens) {
      cacheTokens = tokens;
      return this;
    }

    /**
     * Makes room for the logits of every token of a step.
     *
     * @param value false by default
     * @return this builder
     */
    public Builder allLogits(boolean value) {
      allLogits = value;
      return this;
    }

    /**
     * Sets the folder for compiled programs.
     *
     * @param folder need not exist
     * @return this builder
     */
    public Builder cacheFolder(Path folder) {
      cacheFolder = folder;
      return this;
    }

    /**
     * Sets who is told about loading.
     *
     * @param listener called by the thread that builds the engine
     * @return this builder
     */
    public Builder progress(ProgressListener listener) {
      progress = listener;
      return this;
    }

    /**
     * Sets where backends are looked for.
     *
     * @param loader a class loader that sees the plug-ins' jars, for example a {@link
     *     org.mla4j.core.plugin.PluginFolder}; it is not closed with the engine
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
     * @throws InvalidInputException naming the option that is outside its range
     */
    public EngineOptions build() {
      String chosen = backend != null ? backend : setting("backend").orElse(AUTO);
      OpChoice choice =
          ops != null ? ops : setting("ops").map(OpChoice::parse).orElse(OpChoice.DEFAULT);
      return new EngineOptions(
          chosen,
          choice,
          strict,
          backendOptions,
          threads,
          deterministic,
          cacheDTypes,
          blockSize,
          maxSequenceLength,
          maxTokensPerStep,
          execution != null
              ? execution
              : oneOf("execution", ExecutionMode.values(), ExecutionMode.EAGER),
          attentionSplit != null
              ? attentionSplit
              : oneOf("attention", AttentionSplit.values(), AttentionSplit.VISIBLE),
          promptChunk,
          decodeThreshold,
          contextTokens,
          maxSequences,
          cacheTokens,
          allLogits,
          cacheFolder,
          progress,
          pluginLoader);
    }

    private static <E extends Enum<E>> E oneOf(String name, E[] values, E otherwise) {
      Optional<String> chosen = setting(name);
      if (chosen.isEmpty()) {
        return otherwise;
      }
      for (E value : values) {
        if (value.name().toLowerCase(Locale.ROOT).equals(chosen.get())) {
          return value;
        }
      }
      String expected =
          Arrays.stream(values)
              .map(value -> "'" + value.name().toLowerCase(Locale.ROOT) + "'")
              .collect(Collectors.joining(" or "));
      require(false, name, "'" + chosen.get() + "'", expected);
      return otherwise;
    }

    private static Optional<String> setting(String name) {
      String property = System.getProperty("mla." + name);
      return Optional.ofNullable(
          property != null ? property : System.getenv("MLA_" + name.toUpperCase(Locale.ROOT)));
    }
  }
}
