package org.mla4j.cli;

import java.util.concurrent.Callable;
import org.mla4j.api.diagnosis.Explanation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mla explain}: who runs what, and who did not want to. */
@Command(
    name = "explain",
    description =
        "Shows the plan of a step: each op, who runs it with which kernel, who declined it and why,"
            + " which ops were fused and which were not, how steps are executed, and which backends"
            + " had no say.")
final class ExplainCommand implements Callable<Integer> {
  private final CliContext context;

  @Option(
      names = "--all",
      description = "Show every layer, also those that run like an earlier one. JSON always does.")
  private boolean all;

  @Option(
      names = "--before",
      description = "Show the nodes before fusion as well. JSON always does.")
  private boolean before;

  @Mixin private ModelOptions model = new ModelOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  ExplainCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (Session session = Session.open(context, model, (_, options) -> options)) {
      Explanation plan = session.explain();
      context
          .terminal()
          .printLine(output.json() ? Json.line(plan) : ExplanationText.of(plan, !all, before));
      return ExitStatus.OK;
    }
  }
}
