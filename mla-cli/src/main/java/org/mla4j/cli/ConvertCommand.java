package org.mla4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.convert.ConversionOptions;
import org.mla4j.models.convert.ConversionReport;
import org.mla4j.models.convert.LatentConversion;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mla convert}: grouped-query attention to Multi-Head Latent Attention. */
@Command(
    name = "convert",
    description = {
      "Converts a Qwen2, Qwen3 or Llama checkpoint with grouped-query attention to Multi-Head Latent"
          + " Attention.",
      "The conversion is exact where the ranks of keys and values allow it. Otherwise they are"
          + " fitted to a text, and the report says what each layer keeps and how far logits and"
          + " perplexity move."
    })
final class ConvertCommand implements Callable<Integer> {
  private final CliContext context;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description = "Folder of the checkpoint to convert.")
  private Path model = Path.of("");

  @Option(
      names = "--output",
      paramLabel = "DIR",
      required = true,
      description = "Folder to write; must not exist.")
  private Path output = Path.of("");

  @Option(
      names = "--kv-lora-rank",
      paramLabel = "N",
      description =
          "Width of the latent. Default: what is exact, or what keeps --energy in every layer.")
  private @Nullable Integer kvLoraRank;

  @Option(
      names = "--qk-rope-head-dim",
      paramLabel = "N",
      description = "Width of the shared rotary key. Default: what is exact, or half of a head.")
  private @Nullable Integer qkRopeHeadDim;

  @Option(
      names = "--freq-fold",
      paramLabel = "N",
      description = "Neighbouring rotary pairs that share a frequency. Default: ${DEFAULT-VALUE}.")
  private int freqFold = 1;

  @Option(
      names = "--energy",
      paramLabel = "E",
      description =
          "Part of the energy of keys and values that a latent of chosen width keeps. Default:"
              + " ${DEFAULT-VALUE}.")
  private double energy = 0.99;

  @Option(
      names = "--calibration",
      paramLabel = "FILE",
      description =
          "Text that keys and values are fitted to. Default: none, the weights alone decide.")
  private @Nullable Path calibration;

  @Option(
      names = "--evaluation",
      paramLabel = "FILE",
      description = "Text that both models are compared on. Default: that of --calibration.")
  private @Nullable Path evaluation;

  @Option(
      names = "--most-tokens",
      paramLabel = "N",
      description = "The most tokens of either text. Default: ${DEFAULT-VALUE}.")
  private int mostTokens = 8192;

  @Option(
      names = "--window",
      paramLabel = "N",
      description = "Tokens of the sequences that texts are cut into. Default: ${DEFAULT-VALUE}.")
  private int window = 256;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description = "Type of converted matrices: f32, bf16 or f16. Default: the source's.")
  private @Nullable String type;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that compute. Default: one for each processor.")
  private @Nullable Integer threads;

  @Mixin private OutputOptions outputOptions = new OutputOptions();

  ConvertCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    ConversionReport report;
    try (ProgressBars progress = ProgressBars.on(context.terminal())) {
      Path source = new ModelFolder(model).resolve(null);
      report = LatentConversion.convert(source, output, options(progress));
    }
    context
        .terminal()
        .printLine(outputOptions.json() ? Json.line(report) : ConversionText.of(report, output));
    return ExitStatus.OK;
  }

  private ConversionOptions options(ProgressBars progress) {
    EngineOptions.Builder engine = EngineOptions.builder().progress(progress);
    if (threads != null) {
      engine.threads(threads);
    }
    ConversionOptions.Builder options =
        ConversionOptions.builder()
            .freqFold(freqFold)
            .energy(energy)
            .mostTokens(mostTokens)
            .window(window)
            .engine(engine.build());
    if (kvLoraRank != null) {
      options.kvLoraRank(kvLoraRank);
    }
    if (qkRopeHeadDim != null) {
      options.qkRopeHeadDim(qkRopeHeadDim);
    }
    if (calibration != null) {
      options.calibrationText(read("--calibration", calibration));
    }
    if (evaluation != null) {
      options.evaluationText(read("--evaluation", evaluation));
    }
    if (type != null) {
      options.dtype(Choice.of("--type", type, new DType[] {DType.F32, DType.BF16, DType.F16}));
    }
    return options.build();
  }

  private static String read(String option, Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Option " + option + ": text '" + file + "' cannot be read: " + e + ".",
          e);
    }
  }
}
