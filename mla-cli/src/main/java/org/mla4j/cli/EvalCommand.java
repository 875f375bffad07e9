package org.mla4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.models.evaluation.Evaluation;
import org.mla4j.models.evaluation.EvaluationReport;
import org.mla4j.models.evaluation.Question;
import org.mla4j.models.evaluation.QuestionFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mla eval}: how many questions a model answers right, and like the reference. */
@Command(
    name = "eval",
    description = {
      "Asks a model questions whose answers are known, several at a time, each token the likeliest,"
          + " and counts for each task how many answers are right and how many are those of the"
          + " reference.",
      "A file of questions has one JSON object in each line: strings 'task' and 'expected', 'messages'"
          + " with 'role' and 'content', possibly a string 'reference'."
    })
final class EvalCommand implements Callable<Integer> {
  /** More is a mistake, not a wish: each takes its part of the cache. */
  private static final int MOST_AT_A_TIME = 1024;

  private final CliContext context;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "The questions. Default: eval.jsonl of the model; the demo model has one.")
  private @Nullable Path file;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description = "Questions asked at a time. Default: ${DEFAULT-VALUE}.")
  private int concurrency = 32;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "Longest answer, in tokens. Default: ${DEFAULT-VALUE}.")
  private int maxTokens = 256;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Ask the first N questions only. Default: all.")
  private int limit = Integer.MAX_VALUE;

  @Option(
      names = "--answers",
      paramLabel = "FILE",
      description = "Write every answer to this file, one JSON object in each line.")
  private @Nullable Path answers;

  @Mixin private ModelOptions model = new ModelOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  EvalCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    requireFrom1("--concurrency", concurrency, MOST_AT_A_TIME);
    requireFrom1("--max-tokens", maxTokens, Integer.MAX_VALUE);
    requireFrom1("--limit", limit, Integer.MAX_VALUE);
    Path questions = questions();
    Evaluation evaluation =
        new Evaluation(first(QuestionFile.read(questions)), concurrency, maxTokens);
    try (AnswersFile written = answers == null ? null : AnswersFile.open(answers, questions);
        Session session = Session.open(context, model, evaluation::size)) {
      EvaluationReport report = session.evaluate(evaluation);
      if (written != null) {
        written.write(report.answers());
      }
      EvaluationSummary summary = EvaluationSummary.of(report, evaluation, session);
      context.terminal().printLine(output.json() ? Json.line(summary) : EvaluationText.of(summary));
    }
    return ExitStatus.OK;
  }

  private Path questions() {
    Path folder = model.folder().resolve(context.home());
    if (file != null) {
      return file;
    }
    Path own = folder.resolve("eval.jsonl");
    if (!Files.isRegularFile(own)) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "No file of questions given, and the model has none: no '"
              + own
              + "'; expected FILE, one JSON object in each line.");
    }
    return own;
  }

  private List<Question> first(List<Question> questions) {
    return questions.subList(0, Math.min(limit, questions.size()));
  }

  private static void requireFrom1(String option, int given, int most) {
    if (given < 1 || given > most) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Option "
              + option
              + " = "
              + given
              + "; expected "
              + (most == Integer.MAX_VALUE ? "1 or more." : "1 to " + most + "."));
    }
  }
}
