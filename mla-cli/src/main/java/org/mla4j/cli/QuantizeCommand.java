package org.mla4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.tensor.DType;
import org.mla4j.models.architecture.Architectures;
import org.mla4j.models.checkpoint.GgufExport;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.tokenizer.GgufVocabulary;
import org.mla4j.models.tokenizer.TokenizerOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mla quantize}: a model as a GGUF file, its matrices in another type. */
@Command(
    name = "quantize",
    description = {
      "Writes a model, from a folder or a GGUF file, to one GGUF file with its matrices in the type"
          + " that is asked for.",
      "Norms, biases and routers stay F32; matrices whose rows are no multiple of 32 become BF16 where"
          + " the type has blocks. Both are said."
    })
final class QuantizeCommand implements Callable<Integer> {
  private final CliContext context;

  @Option(
      names = "--model",
      paramLabel = "DIR|FILE",
      description = "Folder of the checkpoint, or GGUF file. Default: the demo model.")
  private @Nullable Path model;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      required = true,
      description = "Type of matrices: q8_0, q4_0, bf16, f16 or f32.")
  private String type = "";

  @Option(
      names = "--output",
      paramLabel = "FILE",
      required = true,
      description = "The GGUF file to write.")
  private Path file = Path.of("");

  @Option(names = "--force", description = "Replace the file if it exists.")
  private boolean force;

  @Mixin private OutputOptions output = new OutputOptions();

  QuantizeCommand(CliContext context) {
    this.context = context;
  }

  /** The types in which matrices can be written. */
  private enum MatrixType {
    Q8_0(DType.Q8_0),
    Q4_0(DType.Q4_0),
    BF16(DType.BF16),
    F16(DType.F16),
    F32(DType.F32);

    private final DType dtype;

    MatrixType(DType dtype) {
      this.dtype = dtype;
    }
  }

  @Override
  public Integer call() {
    DType dtype = Choice.of("--type", type, MatrixType.values()).dtype;
    Path source = new ModelFolder(model).resolve(context.home());
    requireFree();
    requireRunnable(source);
    try (ProgressBars progress = ProgressBars.on(context.terminal())) {
      GgufExport.Report report =
          GgufExport.of(source)
              .type(dtype)
              .metadata(tokenizer(source))
              .progress(progress)
              .build()
              .write(file);
      QuantizeSummary summary = QuantizeSummary.of(report, dtype);
      context.terminal().printLine(output.json() ? Json.line(summary) : summary.text());
    }
    return ExitStatus.OK;
  }

  /** What the model's architecture refuses would be lost in the file: it would run as another. */
  private static void requireRunnable(Path source) {
    Architectures.discover().open(source, ModelConfig.of(source)).close();
  }

  /** What the file is told of the tokenizer of a folder; a GGUF file brings its own. */
  private static Map<String, Object> tokenizer(Path source) {
    if (!Files.isDirectory(source)) {
      return Map.of();
    }
    return GgufVocabulary.of(source, TokenizerOptions.defaults())
        .padded(ModelConfig.of(source).positiveInt("vocab_size"))
        .metadata();
  }

  /** Also where it could be replaced, a folder is none of ours to replace. */
  private void requireFree() {
    if (Files.isDirectory(file) || (Files.exists(file) && !force)) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Option --output = '"
              + file
              + "', which exists; expected a file that does not"
              + (Files.isDirectory(file) ? "." : ", or --force to replace it."));
    }
  }
}
