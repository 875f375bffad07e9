package org.mla4j.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Puts the commands together and turns whatever happens into an exit status. */
final class MlaApplication {
  private MlaApplication() {}

  static int run(CliContext context, String... args) {
    MlaCommand root = new MlaCommand();
    Complaints complaints = new Complaints(context.terminal().err(), root::debug);
    try {
      Arguments.requireReadable(List.of(args));
      return commandLine(root, context, complaints).execute(args);
    } catch (RuntimeException | Error e) {
      return complaints.report(e); // picocli hands exceptions to a handler, but lets errors pass
    } finally {
      context.terminal().out().flush();
      context.terminal().err().flush();
    }
  }

  private static CommandLine commandLine(
      MlaCommand root, CliContext context, Complaints complaints) {
    Terminal terminal = context.terminal();
    return new CommandLine(root)
        .addSubcommand(new ChatCommand(context, complaints))
        .addSubcommand(new GenerateCommand(context))
        .addSubcommand(new InfoCommand(context))
        .addSubcommand(new InspectCommand(context))
        .addSubcommand(new ExplainCommand(context))
        .addSubcommand(new VerifyCommand(context))
        .addSubcommand(new EvalCommand(context))
        .addSubcommand(new BenchCommand(context))
        .addSubcommand(new ConvertCommand(context))
        .addSubcommand(new QuantizeCommand(context))
        .setOut(writer(terminal.out()))
        .setErr(writer(terminal.err()))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler((wrong, args) -> {
          complaints.say(wrong.getMessage() + hint(wrong));
          return ExitStatus.WRONG_INPUT;
        })
        .setExecutionExceptionHandler((failure, command, parsed) -> complaints.report(failure));
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(stream, true, stream.charset());
  }

  private static String hint(ParameterException wrong) {
    CommandSpec command = wrong.getCommandLine().getCommandSpec();
    return ". See '" + command.qualifiedName() + " --help'.";
  }
}
