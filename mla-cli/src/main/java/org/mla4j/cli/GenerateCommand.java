package org.mla4j.cli;

import java.util.concurrent.Callable;
import org.mla4j.models.TextOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code mla generate}: goes on from a text as it is. */
@Command(
    name = "generate",
    description = {
      "Continues a text as it is, without the chat format of the model.",
      "Standard input is taken as it is, too, with its last line end."
    })
final class GenerateCommand implements Callable<Integer> {
  private static final String STANDARD_INPUT = "-";

  private final CliContext context;

  @Parameters(
      arity = "0..1",
      paramLabel = "TEXT",
      defaultValue = STANDARD_INPUT,
      description = "What to continue; standard input if it is '-' or missing.")
  private String text = STANDARD_INPUT;

  @Mixin private SamplingOptions sampling = new SamplingOptions();
  @Mixin private ModelOptions model = new ModelOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  GenerateCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    String prompt = prompt();
    try (Session session = Session.open(context, model)) {
      TextOptions options = sampling.over(session.recommendedSampling());
      AnswerWriter writer = output.answers(context.terminal(), session);
      return ExitStatus.of(session.complete(prompt, options, writer).generation());
    }
  }

  private String prompt() {
    return text.equals(STANDARD_INPUT) ? context.terminal().readAll() : text;
  }
}
