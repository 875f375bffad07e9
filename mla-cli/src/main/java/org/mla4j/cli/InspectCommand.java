package org.mla4j.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.inspect.ModelFacts;
import org.mla4j.models.inspect.ModelInspection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mla inspect}: what a model is and what it would take. */
@Command(
    name = "inspect",
    description =
        "Shows architecture, sizes, types of weights, cache of a token and chat template of a model,"
            + " which layers absorb, and an estimate of the memory it takes. No weight is read.")
final class InspectCommand implements Callable<Integer> {
  private final CliContext context;

  @Option(
      names = "--sequences",
      paramLabel = "N",
      description = "Sequences at once in the estimate. Default: 1.")
  private @Nullable Integer sequences;

  @Mixin private ModelOptions model = new ModelOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  InspectCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    ModelFacts facts = inspect();
    context.terminal().printLine(output.json() ? Json.line(facts) : ModelFactsText.of(facts));
    return ExitStatus.OK;
  }

  private ModelFacts inspect() {
    try (ProgressBars progress = ProgressBars.on(context.terminal());
        Plugins plugins = model.plugins(context)) {
      EngineOptions options =
          model.engine(progress, plugins).maxSequences(sequences == null ? 1 : sequences).build();
      try (LanguageModel opened = model.openUnread(context, progress, plugins)) {
        return ModelInspection.inspect(opened, options);
      }
    }
  }
}
