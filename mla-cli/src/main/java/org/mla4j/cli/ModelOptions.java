package org.mla4j.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.ExecutionMode;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.core.options.AttentionSplit;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.LoadOptions;
import org.mla4j.models.WeightCheck;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The model and what it runs on: the same options, with the same meaning, in every command that
 * opens a model.
 */
final class ModelOptions {
  @Option(
      names = "--model",
      paramLabel = "DIR|FILE",
      description = "Folder of the checkpoint, or GGUF file. Default: the demo model.")
  private @Nullable Path folder;

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      description =
          "Backend, or 'auto'. Default: property mla.backend, then variable MLA_BACKEND, then auto.")
  private @Nullable String backend;

  @Option(
      names = "--ops",
      paramLabel = "LIST",
      description =
          "Ops that may run on it: 'all' or 'none', '+op', '-op', 'op=backend', 'layer=backend',"
              + " 'plan=backend', separated by commas. Default: property mla.ops, then variable MLA_OPS, then all.")
  private @Nullable String ops;

  @Option(
      names = "--execution",
      paramLabel = "MODE",
      description =
          "How decode steps run: 'eager', node by node, or 'graph', replayed where backends capture"
              + " them. Default: property mla.execution, then variable MLA_EXECUTION, then eager.")
  private @Nullable String execution;

  @Option(
      names = "--attention",
      paramLabel = "SPLIT",
      description =
          "What passes that fuse ops see of attention: 'visible', its decode and prefill halves, or"
              + " 'opaque', one op. Default: property mla.attention, then variable MLA_ATTENTION,"
              + " then visible.")
  private @Nullable String attention;

  @Option(
      names = "--strict",
      description = "Refuse to run an op on cpu that the named backend does not have.")
  private boolean strict;

  @Option(
      names = "--backend-option",
      paramLabel = "BACKEND:OPTION=VALUE",
      description = "Option of a backend, for example cpu:vector=off. Repeatable.")
  private Map<String, String> backendOptions = new LinkedHashMap<>();

  @Option(
      names = "--threads",
      paramLabel = "N",
      converter = Numbers.Converter.class,
      description = "Threads that compute. Default: one for each processor.")
  private @Nullable Numbers threads;

  @Option(
      names = "--cache-dtype",
      paramLabel = "TYPE",
      description =
          "Type of the cache: F32 (default), BF16, F16, F8_E4M3 or FP8_DS_MLA (656-byte rows of"
              + " MLA layers); for one type of layers, layer_type=TYPE. Separated by commas.")
  private @Nullable String cacheTypes;

  @Option(
      names = "--deterministic",
      description =
          "The same bits whoever else is computed with, however a prompt is cut, whatever the block"
              + " size.")
  private boolean deterministic;

  @Option(
      names = "--block-size",
      paramLabel = "N",
      description = "Tokens in a block of the cache. Default: 16.")
  private @Nullable Integer blockSize;

  @Option(
      names = "--prompt-chunk",
      paramLabel = "N",
      description = "The most tokens of one prompt in a step. Default: as many as fit.")
  private @Nullable Integer promptChunk;

  @Option(
      names = "--max-sequence-length",
      paramLabel = "N",
      description =
          "Tokens of prompt and answer together. Default: what the model was made for, at most 4096.")
  private @Nullable Integer maxSequenceLength;

  @Option(
      names = "--weight-check",
      negatable = true,
      description =
          "Search the weights for NaN and infinity first, and warn of them. Default: unless they are"
              + " larger than this machine's memory.")
  private @Nullable Boolean weightCheck;

  @Mixin private PluginOptions plugins = new PluginOptions();

  /** Opens what the model and its engine may be made of besides our own; first of all. */
  Plugins plugins(CliContext context) {
    Plugins opened = plugins.open(context);
    opened.warn(context.terminal());
    return opened;
  }

  /** Opens the model; what is wrong with it, though it can be opened, is said as it goes. */
  LanguageModel open(CliContext context, ProgressListener progress, Plugins from) {
    return open(context, progress, from, LoadOptions.builder());
  }

  /** Opens the model without reading its weights, unless the user wants them checked. */
  LanguageModel openUnread(CliContext context, ProgressListener progress, Plugins from) {
    return open(context, progress, from, LoadOptions.builder().weightCheck(WeightCheck.NEVER));
  }

  private LanguageModel open(
      CliContext context, ProgressListener progress, Plugins from, LoadOptions.Builder options) {
    options.progress(progress).warnings(context.terminal()::warn);
    from.addTo(options);
    if (weightCheck != null) {
      options.weightCheck(weightCheck ? WeightCheck.ALWAYS : WeightCheck.NEVER);
    }
    return LanguageModel.open(folder().resolve(context.home()), options.build());
  }

  ModelFolder folder() {
    return new ModelFolder(folder);
  }

  /** Takes a model that was named as an argument. */
  void takeFolder(Path argument) {
    if (folder != null) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Two models given: MODEL = '"
              + argument
              + "' and --model = '"
              + folder
              + "'; expected one.");
    }
    folder = argument;
  }

  /** What was given; the engine's own defaults decide about the rest. */
  EngineOptions.Builder engine(ProgressListener progress, Plugins from) {
    EngineOptions.Builder options = withoutThreads(progress, from);
    if (threads != null) {
      options.threads(threads.single("--threads"));
    }
    return options;
  }

  /** One engine after the other, for each number of threads that was given. */
  List<EngineOptions> engines(ProgressListener progress, Plugins from) {
    EngineOptions.Builder options = withoutThreads(progress, from);
    return threads == null
        ? List.of(options.build())
        : threads.values().stream().map(count -> options.threads(count).build()).toList();
  }

  private EngineOptions.Builder withoutThreads(ProgressListener progress, Plugins from) {
    EngineOptions.Builder options =
        EngineOptions.builder().strict(strict).deterministic(deterministic).progress(progress);
    from.addTo(options);
    backendOptions.forEach(options::backendOption);
    if (backend != null) {
      options.backend(backend);
    }
    if (ops != null) {
      options.ops(ops);
    }
    if (execution != null) {
      options.execution(Choice.of("--execution", execution, ExecutionMode.values()));
    }
    if (attention != null) {
      options.attentionSplit(Choice.of("--attention", attention, AttentionSplit.values()));
    }
    if (cacheTypes != null) {
      options.cacheDTypes(CacheDTypes.parse(cacheTypes));
    }
    if (blockSize != null) {
      options.blockSize(blockSize);
    }
    if (promptChunk != null) {
      options.promptChunk(promptChunk);
    }
    if (maxSequenceLength != null) {
      options.maxSequenceLength(maxSequenceLength);
    }
    return options;
  }
}
