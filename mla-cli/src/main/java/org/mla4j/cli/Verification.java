package org.mla4j.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.models.verify.VerificationReport;
import org.mla4j.models.verify.VerificationReport.Form;
import org.mla4j.models.verify.VerificationReport.GreedyCheck;
import org.mla4j.models.verify.VerificationReport.TensorCheck;

/**
 * A verification as {@code --json} writes it: the report with its verdicts, and without numbers
 * that JSON does not have.
 *
 * @param model name of the model
 * @param tolerance the largest error allowed
 * @param passed whether everything passed
 * @param tensors one for each tensor and form
 * @param greedy one for each prompt and form
 */
record Verification(
    String model, double tolerance, boolean passed, List<Tensor> tensors, List<Greedy> greedy) {
  /** See {@link TensorCheck}; the error is null if the tensor was not seen. */
  record Tensor(Form form, String tensor, @Nullable Double error, boolean passed, String note) {}

  /** See {@link GreedyCheck}. */
  record Greedy(
      Form form, String prompt, List<Integer> expected, List<Integer> found, boolean passed) {}

  static Verification of(VerificationReport report) {
    return new Verification(
        report.model(),
        report.tolerance(),
        report.passed(),
        report.tensors().stream().map(Verification::tensor).toList(),
        report.greedy().stream().map(Verification::greedy).toList());
  }

  private static Tensor tensor(TensorCheck check) {
    Double error = Double.isFinite(check.error()) ? check.error() : null;
    return new Tensor(check.form(), check.tensor(), error, check.passed(), check.note());
  }

  private static Greedy greedy(GreedyCheck check) {
    return new Greedy(
        check.form(), check.prompt(), check.expected(), check.found(), check.passed());
  }
}
