package org.mla4j.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.tensor.DType;
import org.mla4j.models.checkpoint.GgufWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Writes a model with the shapes of a real one and random weights. For what depends on sizes alone:
 * how long opening takes, how much memory is held, how fast tokens come.
 */
@Command(
    name = "SyntheticModel",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Writes a model with the shapes of a real one and random weights.")
public final class SyntheticModel implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "FILE.gguf|DIR",
      description = "A GGUF file, or for Qwen2.5 a folder with BF16 safetensors to be made.")
  private Path target = Path.of("");

  @Option(
      names = "--shape",
      paramLabel = "NAME",
      defaultValue = "deepseek-v2-lite",
      description = "deepseek-v2-lite (the default) or qwen2.5-1.5b.")
  private String shape = "";

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      defaultValue = "q4_0",
      description = "Type of matrices in a GGUF file: q4_0 (the default), q8_0, f16, bf16 or f32.")
  private String type = "";

  @Option(
      names = "--layers",
      paramLabel = "N",
      description = "How many layers. Default: as many as the real one has.")
  private @Nullable Integer layers;

  @Option(
      names = "--joined-kv-b",
      description =
          "attn_kv_b as one tensor, as in older files of DeepSeek; else attn_k_b and attn_v_b, which"
              + " llama.cpp wants.")
  private boolean joined;

  private SyntheticModel() {}

  /**
   * Writes the model.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    System.exit(new CommandLine(new SyntheticModel()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    DType dtype = DType.valueOf(type.toUpperCase(Locale.ROOT));
    switch (shape) {
      case "deepseek-v2-lite" ->
          write(SyntheticDeepseek.gguf(dtype, layersOr(SyntheticDeepseek.LAYERS), joined));
      case "qwen2.5-1.5b" -> {
        SyntheticQwen model = new SyntheticQwen(layersOr(SyntheticQwen.LAYERS));
        if (target.toString().endsWith(".gguf")) {
          write(model.gguf(dtype));
        } else {
          model.writeFolder(target);
        }
      }
      default ->
          throw new IllegalArgumentException(
              "Shape '" + shape + "'; expected deepseek-v2-lite or qwen2.5-1.5b.");
    }
    return 0;
  }

  private int layersOr(int all) {
    return layers == null ? all : layers;
  }

  private void write(GgufWriter writer) {
    long bytes =
        writer.write(
            target,
            (phase, done, total) -> System.err.printf("\r%s: %d of %d", phase, done, total));
    System.err.printf("%n%s: %,d bytes%n", target, bytes);
  }
}
