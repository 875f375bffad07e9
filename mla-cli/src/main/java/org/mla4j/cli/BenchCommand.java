package org.mla4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.core.measure.PaceTest;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.measure.Benchmark;
import org.mla4j.models.measure.BenchmarkReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mla bench}: how fast a model runs. */
@Command(
    name = "bench",
    description = {
      "Measures how fast a model computes prompts (pp) and answers (tg), in tokens per second, and"
          + " how long it takes to begin.",
      "Tests are all prompts, all answers and all pairs of --prompt, --generate and -pg, for each"
          + " --batch, --depth and --threads: 'pp512' is a prompt of 512 tokens, 'tg128' an answer of"
          + " 128, 'pp512+tg128' one after the other, 'tg32 b4' four answers at once, 'tg128 @ d4096'"
          + " an answer after 4096 tokens, which are computed before the clock starts. Numbers are"
          + " separated by commas.",
      "What runs are the steps of an engine, sampling included, over random tokens, the same in"
          + " every run. Each test is run --warmup times, and on until 2 seconds are over, so that"
          + " it is compiled; then --repetitions times. Weights are not searched for NaN first, unless --weight-check asks for it."
    })
final class BenchCommand implements Callable<Integer> {
  private final CliContext context;

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description = "Folder of the checkpoint, or GGUF file, as --model names it.")
  private @Nullable Path named;

  @Option(
      names = {"-p", "--prompt"},
      paramLabel = "N,...",
      converter = Numbers.Converter.class,
      description = "Tokens of prompts; 0 for none. Default: ${DEFAULT-VALUE}.")
  private Numbers prompts = Numbers.of(512);

  @Option(
      names = {"-n", "--generate"},
      paramLabel = "N,...",
      converter = Numbers.Converter.class,
      description = "Tokens of answers; 0 for none. Default: ${DEFAULT-VALUE}.")
  private Numbers answers = Numbers.of(128);

  @Option(
      names = "-pg",
      paramLabel = "P,N",
      converter = Numbers.Converter.class,
      description = "A prompt and its answer, measured together. Repeatable.")
  private List<Numbers> pairs = new ArrayList<>();

  @Option(
      names = {"-d", "--depth"},
      paramLabel = "N,...",
      converter = Numbers.Converter.class,
      description =
          "Tokens that are in the cache before the clock starts. Default: ${DEFAULT-VALUE}.")
  private Numbers depths = Numbers.of(0);

  @Option(
      names = {"-b", "--batch"},
      paramLabel = "N,...",
      converter = Numbers.Converter.class,
      description = "Sequences that are computed at once. Default: ${DEFAULT-VALUE}.")
  private Numbers batches = Numbers.of(1);

  @Option(
      names = {"-r", "--repetitions"},
      paramLabel = "N",
      description = "How often each test is measured. Default: ${DEFAULT-VALUE}.")
  private int repetitions = 5;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      description =
          "How often, at least, each test is run before; 0 for not at all. Default:"
              + " ${DEFAULT-VALUE}.")
  private int warmups = 1;

  @Option(
      names = "--roofline",
      description = {
        "Measure what this machine can read and compute, and show how near each test and each type"
            + " of op comes to that, and how much time is spent outside of kernels.",
        "Counted are bytes of weights as stored, once in a step, of experts as many as T tokens are"
            + " expected to use, E (1 - (1 - k / E)^T), and cache rows, once in a step; values of a"
            + " step are not. Times of ops are of a run of its own, which waits after every op."
      })
  private boolean roofline;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description =
          "How results are written: 'table', 'md' (Markdown), 'csv' or 'json'. Default: table.")
  private @Nullable String format;

  @Mixin private ModelOptions model = new ModelOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  BenchCommand(CliContext context) {
    this.context = context;
  }

  /** How results are written. */
  private enum Format {
    TABLE,
    MD,
    CSV,
    JSON
  }

  @Override
  public Integer call() {
    Format written = format();
    Benchmark benchmark = benchmark();
    if (named != null) {
      model.takeFolder(named);
    }
    BenchSummary summary = BenchSummary.of(run(benchmark), benchmark);
    context
        .terminal()
        .printLine(
            switch (written) {
              case TABLE -> BenchText.of(summary, TextTable::toString);
              case MD -> BenchText.of(summary, TextTable::markdown);
              case CSV -> BenchCsv.of(summary);
              case JSON -> Json.line(summary);
            });
    return ExitStatus.OK;
  }

  private BenchmarkReport run(Benchmark benchmark) {
    try (ProgressBars progress = ProgressBars.on(context.terminal());
        Plugins plugins = model.plugins(context)) {
      List<EngineOptions> engines = model.engines(progress, plugins);
      requireNoLength(engines.getFirst());
      return benchmark.run(() -> model.openUnread(context, progress, plugins), engines, progress);
    }
  }

  /** An option that had no effect would be dropped in silence. */
  private static void requireNoLength(EngineOptions options) {
    if (options.maxSequenceLength() != 0) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Option --max-sequence-length = "
              + options.maxSequenceLength()
              + "; expected none, since sequences are as long as the tests say.");
    }
  }

  private Format format() {
    if (format == null) {
      return output.json() ? Format.JSON : Format.TABLE;
    }
    Format chosen = Choice.of("--output", format, Format.values());
    if (output.json() && chosen != Format.JSON) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Option --output = '" + format + "' with --json; expected one of them.");
    }
    return chosen;
  }

  private Benchmark benchmark() {
    prompts.requireFrom(0, "--prompt");
    answers.requireFrom(0, "--generate");
    depths.requireFrom(0, "--depth");
    batches.requireFrom(1, "--batch");
    Numbers.of(repetitions).requireFrom(1, "--repetitions");
    Numbers.of(warmups).requireFrom(0, "--warmup");
    List<PaceTest> tests = new ArrayList<>();
    for (int depth : depths.values()) {
      for (int batch : batches.values()) {
        prompts.values().forEach(count -> add(count, 0, depth, batch, tests));
        answers.values().forEach(count -> add(0, count, depth, batch, tests));
        pairs.forEach(pair -> add(prompt(pair), pair.values().get(1), depth, batch, tests));
      }
    }
    if (tests.isEmpty()) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Nothing to measure: options --prompt and --generate are 0, and there is no -pg; expected a"
              + " number of tokens.");
    }
    return new Benchmark(tests, repetitions, warmups, roofline);
  }

  private static void add(int prompt, int generated, int depth, int batch, List<PaceTest> tests) {
    if (prompt > 0 || generated > 0) {
      tests.add(new PaceTest(prompt, generated, depth, batch));
    }
  }

  private static int prompt(Numbers pair) {
    if (pair.values().size() != 2) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Option -pg = " + pair + "; expected two numbers, of the prompt and of its answer.");
    }
    return pair.requireFrom(1, "-pg").values().getFirst();
  }
}
