package org.mla4j.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code mla} without a command, and what all commands have in common. */
@Command(
    name = "mla",
    scope = ScopeType.INHERIT,
    mixinStandardHelpOptions = true,
    versionProvider = VersionText.class,
    description = "Runs language models built on Multi-Head Latent Attention.",
    footer = {
      "",
      "Without --model, a command uses the demo model. Standard output carries only the answer.",
      "Exit status: 0 done, 1 failed or cut off, 2 wrong input, 70 a defect of the program."
    },
    abbreviateSynopsis = true,
    sortOptions = false,
    usageHelpAutoWidth = true)
final class MlaCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show the stack trace of every error.")
  private boolean debug;

  boolean debug() {
    return debug;
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "No command given; expected one of " + String.join(", ", spec.subcommands().keySet()));
  }
}
