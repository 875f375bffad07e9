package org.mla4j.cli;

import java.util.List;
import java.util.Locale;
import org.mla4j.models.verify.VerificationReport;
import org.mla4j.models.verify.VerificationReport.Form;
import org.mla4j.models.verify.VerificationReport.GreedyCheck;
import org.mla4j.models.verify.VerificationReport.TensorCheck;

/** A verification for people: the verdict is the last line. */
final class VerificationText {
  private VerificationText() {}

  static String of(VerificationReport report) {
    return tensors(report) + "\n\n" + continuations(report) + "\n\n" + verdict(report);
  }

  private static String tensors(VerificationReport report) {
    TextTable table = new TextTable("tensor", "form", "worst error", "bound", "");
    for (TensorCheck check : report.tensors()) {
      table.row(
          check.tensor(),
          name(check.form()),
          Double.isNaN(check.error()) ? "-" : number(check.error()),
          number(report.tolerance()),
          mark(check.passed()) + (check.note().isEmpty() ? "" : " (" + check.note() + ")"));
    }
    return table.toString();
  }

  private static String continuations(VerificationReport report) {
    TextTable table = new TextTable("greedy", "form", "tokens", "");
    for (GreedyCheck check : report.greedy()) {
      table.row(
          check.prompt(),
          name(check.form()),
          Integer.toString(check.expected().size()),
          check.passed() ? mark(true) : mark(false) + " (" + firstDifference(check) + ")");
    }
    return table.toString();
  }

  private static String firstDifference(GreedyCheck check) {
    List<Integer> expected = check.expected();
    List<Integer> found = check.found();
    for (int i = 0; i < Math.min(expected.size(), found.size()); i++) {
      if (!expected.get(i).equals(found.get(i))) {
        return "token " + i + ": expected " + expected.get(i) + ", found " + found.get(i);
      }
    }
    return "expected " + expected.size() + " tokens, found " + found.size();
  }

  private static String verdict(VerificationReport report) {
    long tensors = report.tensors().stream().filter(TensorCheck::passed).count();
    long continuations = report.greedy().stream().filter(GreedyCheck::passed).count();
    return (report.passed() ? "PASS: " : "FAIL: ")
        + report.model()
        + ": "
        + tensors
        + " of "
        + report.tensors().size()
        + " tensors within the bound, "
        + continuations
        + " of "
        + report.greedy().size()
        + " continuations equal";
  }

  private static String name(Form form) {
    return form.name().toLowerCase(Locale.ROOT);
  }

  private static String mark(boolean passed) {
    return passed ? "ok" : "FAIL";
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1e", value);
  }
}
