package org.mla4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.mla4j.cli.BenchSummary.Bound;
import org.mla4j.cli.BenchSummary.OpShare;
import org.mla4j.cli.BenchSummary.Test;
import org.mla4j.core.measure.MachineLimits;
import org.mla4j.models.measure.Benchmark;
import org.mla4j.models.measure.Start;

/** A benchmark for people, as tables of columns or of Markdown. */
final class BenchText {
  private static final String UNKNOWN = "-";

  private final BenchSummary summary;
  private final Function<TextTable, String> write;

  private BenchText(BenchSummary summary, Function<TextTable, String> write) {
    this.summary = summary;
    this.write = write;
  }

  static String of(BenchSummary summary, Function<TextTable, String> write) {
    BenchText text = new BenchText(summary, write);
    List<String> parts = new ArrayList<>();
    parts.add(text.paces());
    parts.add(text.starts());
    if (!summary.limits().isEmpty()) {
      parts.add(text.limits());
      parts.add(text.bounds());
      parts.add(text.ops());
      parts.add(text.notes());
    }
    return String.join("\n\n", parts);
  }

  private String paces() {
    TextTable table =
        new TextTable(
            "model",
            "size",
            "parameters",
            "weights",
            "backend",
            "cache",
            "threads",
            "test",
            "tokens/s",
            "± s.d.",
            "median");
    for (Test test : summary.tests()) {
      table.row(
          summary.model(),
          ModelFactsText.bytes(summary.fileBytes()),
          String.format(Locale.ROOT, "%,d", summary.parameters()),
          summary.weightType(),
          summary.backend(),
          summary.cacheType(),
          Integer.toString(test.threads()),
          test.test(),
          number(test.mean()),
          number(test.standardDeviation()),
          number(test.median()));
    }
    return write.apply(table);
  }

  private String starts() {
    TextTable table =
        new TextTable(
            "threads",
            "opened",
            "ready after",
            "first token (prompt of " + Benchmark.FIRST_PROMPT + ")",
            "peak memory");
    Long peak = summary.peakMemoryBytes();
    for (Start start : summary.starts()) {
      table.row(
          Integer.toString(start.threads()),
          seconds(start.openSeconds()),
          seconds(start.readySeconds()),
          seconds(start.firstTokenSeconds()),
          peak == null ? UNKNOWN : ModelFactsText.bytes(peak));
    }
    return write.apply(table);
  }

  private String limits() {
    TextTable table = new TextTable("threads", "machine reads", "computes");
    for (MachineLimits limit : summary.limits()) {
      table.row(
          Integer.toString(limit.threads()),
          giga(limit.bytesPerSecond()) + " GB/s",
          giga(limit.flopsPerSecond()) + " GFLOP/s");
    }
    return write.apply(table);
  }

  private String bounds() {
    TextTable table =
        new TextTable(
            "threads",
            "test",
            "MB/token",
            "of cache",
            "MFLOP/token",
            "GB/s",
            "GFLOP/s",
            "of reading",
            "of computing",
            "bound",
            "outside kernels");
    for (Test test : summary.tests()) {
      Bound bound = test.roofline();
      if (bound != null) {
        table.row(
            Integer.toString(test.threads()),
            test.test(),
            number((bound.weightBytesPerToken() + bound.cacheBytesPerToken()) / 1e6),
            number(bound.cacheBytesPerToken() / 1e6),
            number(bound.flopsPerToken() / 1e6),
            giga(bound.bytesPerSecond()),
            giga(bound.flopsPerSecond()),
            percent(bound.ofBandwidth()),
            percent(bound.ofPeak()),
            bound.bound(),
            percent(bound.outsideShare()));
      }
    }
    return write.apply(table);
  }

  private String ops() {
    TextTable table =
        new TextTable("threads", "test", "op", "runs", "of time", "GB/s", "GFLOP/s", "of bound");
    for (Test test : summary.tests()) {
      if (test.roofline() != null) {
        for (OpShare op : test.roofline().ops()) {
          table.row(
              Integer.toString(test.threads()),
              test.test(),
              op.op(),
              Long.toString(op.runs()),
              percent(op.share()),
              giga(op.bytesPerSecond()),
              giga(op.flopsPerSecond()),
              percent(op.ofBound()));
        }
      }
    }
    return write.apply(table);
  }

  private String notes() {
    List<String> uncounted =
        summary.tests().stream()
            .map(Test::roofline)
            .filter(bound -> bound != null)
            .flatMap(bound -> bound.uncounted().stream())
            .distinct()
            .toList();
    return "Bytes are weights as stored, once in a step, of experts as many as are expected to be"
        + " used; and cache rows. Values of a step are not counted.\n"
        + "Times of ops and outside of kernels are of a run of its own, which waits after every op."
        + (uncounted.isEmpty()
            ? ""
            : "\nNot counted, since nobody knows what they do: "
                + String.join(", ", uncounted)
                + ".");
  }

  /** Three digits that say something, whatever the size. */
  private static String number(double value) {
    int decimals = value >= 100 ? 1 : value >= 1 ? 2 : 3;
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  private static String seconds(double value) {
    return String.format(Locale.ROOT, "%.2f s", value);
  }

  private static String giga(@Nullable Double perSecond) {
    return perSecond == null ? UNKNOWN : number(perSecond / 1e9);
  }

  private static String percent(@Nullable Double share) {
    return share == null ? UNKNOWN : String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }
}
