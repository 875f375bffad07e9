package org.mla4j.cli;

import java.util.concurrent.Callable;
import org.mla4j.api.diagnosis.Diagnosis;
import org.mla4j.core.runner.Diagnostics;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code mla info}: what there is to run on. */
@Command(
    name = "info",
    description =
        "Shows the JVM, the width of its vectors, and every backend found with why it is usable or"
            + " not. Opens no model.")
final class InfoCommand implements Callable<Integer> {
  private final CliContext context;

  @Mixin private PluginOptions plugins = new PluginOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  InfoCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (Plugins opened = plugins.open(context)) {
      Diagnosis diagnosis = Diagnostics.diagnose(opened.folder());
      context
          .terminal()
          .printLine(output.json() ? Json.line(diagnosis) : DiagnosisText.of(diagnosis));
      return ExitStatus.OK;
    }
  }
}
