package org.mla4j.benchmarks.report;

import java.util.List;
import java.util.Locale;
import org.mla4j.benchmarks.peer.Comparison;
import org.mla4j.benchmarks.peer.ContenderReport;
import org.mla4j.benchmarks.peer.PairedTimes;
import org.mla4j.benchmarks.peer.Statistics;

/** What was measured, as tables. */
final class Tables {
  private static final double GIB = 1 << 30;

  private Tables() {}

  /** Speeds, and how they compare. */
  static String ratios(List<Comparison> comparisons) {
    MarkdownTable table =
        new MarkdownTable(
            "model", "test", "MLA4J, tokens/s", "peer, tokens/s", "ratio", "of single rounds");
    for (Comparison comparison : comparisons) {
      for (PairedTimes times : comparison.times()) {
        Statistics ratios = times.ratios();
        table.row(
            comparison.model(),
            times.test(),
            number("%.1f", times.ourRate().median()),
            number("%.1f", times.theirRate().median()) + " (" + comparison.theirs().name() + ")",
            number("**%.2f**", times.ratioOfMedians()),
            number("%.2f", ratios.min()) + " to " + number("%.2f", ratios.max()));
      }
    }
    return table.toString();
  }

  /** Memory, and the time until a process takes requests. */
  static String memory(List<Comparison> comparisons) {
    MarkdownTable table =
        new MarkdownTable(
            "model", "GiB", "engine", "peak memory, GiB", "of the model", "ready after, s");
    for (Comparison comparison : comparisons) {
      for (ContenderReport each : List.of(comparison.ours(), comparison.theirs())) {
        table.row(
            comparison.model(),
            number("%.2f", comparison.modelBytes() / GIB),
            each.name(),
            number("%.2f", each.peakBytes() / GIB),
            number("%.2f", each.peakBytes() / (double) comparison.modelBytes()),
            number("%.1f", each.readySeconds()));
      }
    }
    return table.toString();
  }

  /** On what, and with which versions. */
  static String conditions(List<Comparison> comparisons) {
    MarkdownTable table = new MarkdownTable("model", "day", "machine", "MLA4J", "peer", "rounds");
    for (Comparison comparison : comparisons) {
      table.row(
          comparison.model(),
          comparison.date(),
          comparison.machine() + "; " + comparison.threads() + " threads",
          engine(comparison.ours()),
          comparison.theirs().name() + " " + engine(comparison.theirs()),
          comparison.times().getFirst().ours().size()
              + (comparison.together() ? ", both loaded" : ", loaded anew in each"));
    }
    return table.toString();
  }

  private static String engine(ContenderReport report) {
    return report.version() + "; " + report.settings();
  }

  /** Kernels beside their bounds. */
  static String kernels(List<KernelResult> kernels) {
    MarkdownTable table =
        new MarkdownTable(
            "benchmark",
            "parameters",
            "µs",
            "bound by",
            "share of bound",
            "machine, GB/s",
            "machine, GFLOP/s");
    for (KernelResult each : kernels) {
      table.row(
          each.benchmark(),
          each.label(),
          number(each.microseconds() < 100 ? "%.2f" : "%.0f", each.microseconds()),
          each.bound(),
          number("%.2f", each.share()),
          number("%.1f", each.bandwidth()),
          number("%.0f", each.peak()));
    }
    return table.toString();
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
