package org.mla4j.cli;

import java.util.concurrent.Callable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.verify.GoldenVerifier;
import org.mla4j.models.verify.VerificationReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mla verify}: whether a backend computes what the reference computed. */
@Command(
    name = "verify",
    description = {
      "Compares a model with recorded outputs of the reference implementation: the worst error of"
          + " each tensor, and greedy tokens.",
      "The folder of the model has golden.json and golden.bin beside the checkpoint. The exit status"
          + " is 0 if everything passes, 1 if not."
    })
final class VerifyCommand implements Callable<Integer> {
  private final CliContext context;

  @Option(
      names = "--tolerance",
      paramLabel = "E",
      description =
          "Largest error, relative to the largest absolute value of a tensor. Default: ${DEFAULT-VALUE}.")
  private double tolerance = GoldenVerifier.DEFAULT_TOLERANCE;

  @Mixin private ModelOptions model = new ModelOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  VerifyCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    requireTolerance();
    VerificationReport report = verify();
    context
        .terminal()
        .printLine(
            output.json() ? Json.line(Verification.of(report)) : VerificationText.of(report));
    return report.passed() ? ExitStatus.OK : ExitStatus.FAILED;
  }

  private void requireTolerance() {
    if (!(tolerance >= 0)) { // so that NaN is refused, too
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST, "Option --tolerance = " + tolerance + "; expected 0 or more.");
    }
  }

  private VerificationReport verify() {
    try (ProgressBars progress = ProgressBars.on(context.terminal());
        Plugins plugins = model.plugins(context)) {
      EngineOptions options = model.engine(progress, plugins).build();
      try (LanguageModel opened = model.open(context, progress, plugins)) {
        return GoldenVerifier.verify(opened.definition(), opened.folder(), options, tolerance);
      }
    }
  }
}
