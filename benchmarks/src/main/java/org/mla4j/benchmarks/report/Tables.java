package org.mla4j.benchmarks.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.mla4j.benchmarks.peer.Comparison;
import org.mla4j.benchmarks.peer.ContenderReport;
import org.mla4j.benchmarks.peer.PairedTimes;
import org.mla4j.benchmarks.peer.Statistics;
import org.mla4j.benchmarks.report.Bench.Bound;
import org.mla4j.benchmarks.report.Bench.OpShare;
import org.mla4j.benchmarks.report.Bench.Start;
import org.mla4j.benchmarks.report.Bench.Test;

/** What was measured, as tables. */
final class Tables {
  private static final double GIB = 1 << 30;
  private static final int MOST_OPS = 6;

  private Tables() {}

  /** Speeds, and how they compare. */
  static String ratios(List<Comparison> comparisons) {
    MarkdownTable table =
        new MarkdownTable(
            withGoal(
                "model", "test", "MLA4J, tokens/s", "peer, tokens/s", "single rounds", "ratio"));
    for (Comparison comparison : comparisons) {
      for (PairedTimes times : comparison.times()) {
        Statistics ratios = times.ratios();
        table.row(
            withGoal(
                Goals.ratio(comparison, times.test()),
                times.ratioOfMedians(),
                comparison.model(),
                times.test(),
                number("%.1f", times.ourRate().median()),
                number("%.1f", times.theirRate().median())
                    + " ("
                    + comparison.theirs().name()
                    + ")",
                number("%.2f", ratios.min()) + " to " + number("%.2f", ratios.max()),
                number("**%.2f**", times.ratioOfMedians())));
      }
    }
    return table.toString();
  }

  /** Memory, and the time until a process takes requests. */
  static String memory(List<Comparison> comparisons) {
    MarkdownTable table =
        new MarkdownTable(
            withGoal(
                "model",
                "file, GiB",
                "peer",
                "ready after, s",
                "peak memory, GiB",
                "of the file",
                "ratio of peaks"));
    for (Comparison comparison : comparisons) {
      ContenderReport ours = comparison.ours();
      ContenderReport theirs = comparison.theirs();
      double ratio = ours.peakBytes() / (double) theirs.peakBytes();
      table.row(
          withGoal(
              Goals.memory(comparison),
              ratio,
              comparison.model(),
              number("%.2f", comparison.modelBytes() / GIB),
              theirs.name(),
              pair("%.1f", ours.readySeconds(), theirs.readySeconds()),
              pair("%.2f", ours.peakBytes() / GIB, theirs.peakBytes() / GIB),
              pair(
                  "%.2f",
                  ours.peakBytes() / (double) comparison.modelBytes(),
                  theirs.peakBytes() / (double) comparison.modelBytes()),
              number("**%.2f**", ratio)));
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
            withGoal(
                "benchmark",
                "parameters",
                "µs",
                "machine, GB/s",
                "machine, GFLOP/s",
                "bound by",
                "share of bound"));
    for (KernelResult each : kernels) {
      table.row(
          withGoal(
              Goals.share(each),
              each.share(),
              each.benchmark(),
              each.label(),
              number(each.microseconds() < 100 ? "%.2f" : "%.0f", each.microseconds()),
              number("%.1f", each.bandwidth()),
              number("%.0f", each.peak()),
              each.bound(),
              number("**%.2f**", each.share())));
    }
    return table.toString();
  }

  /** Time of a token at several depths, and how it grows. */
  static String growth(Bench bench, Growth growth) {
    MarkdownTable depths =
        new MarkdownTable("model", "cache", "tokens in the cache", "ms", "on the line, ms");
    for (Test test : growth.tests()) {
      depths.row(
          bench.model(),
          bench.cacheType(),
          number("%.0f", Growth.tokens(test)),
          number("%.2f", 1000 * test.seconds()),
          number("%.2f", 1000 * growth.line().predict(Growth.tokens(test))));
    }
    double slope = growth.line().getSlope();
    MarkdownTable slopes =
        new MarkdownTable(
            withGoal(
                "model",
                "farthest from the line",
                "ms for 1000 tokens",
                "bound, ms",
                "ratio to the bound"));
    slopes.row(
        withGoal(
            Optional.of(Goals.GROWTH),
            growth.overBound(),
            bench.model(),
            percent(growth.bend()),
            number("%.3f", 1e6 * slope),
            number("%.3f", 1e6 * growth.slopeOfBound()),
            number("**%.2f**", growth.overBound())));
    return depths + "\n" + slopes;
  }

  /** Where the time of steps goes. */
  static String steps(List<Bench> benches) {
    MarkdownTable table =
        new MarkdownTable(
            withGoal(
                "model",
                "test",
                "bound by",
                "share of bound",
                "ops: share of time, of the bound",
                "share outside kernels"));
    for (Bench bench : benches) {
      for (Test test : bench.tests()) {
        test.bound().ifPresent(bound -> table.row(step(bench, test, bound)));
      }
    }
    return table.toString();
  }

  private static String[] step(Bench bench, Test test, Bound bound) {
    return withGoal(
        test.isDecode() ? Optional.of(Goals.OUTSIDE) : Optional.empty(),
        bound.outsideShare(),
        bench.model(),
        test.test(),
        bound.bound(),
        number("%.2f", bound.ofBound()),
        String.join(", ", bound.ops().stream().limit(MOST_OPS).map(Tables::op).toList()),
        number("**%.3f**", bound.outsideShare()));
  }

  private static String op(OpShare op) {
    Double ofBound = op.ofBound();
    return "`"
        + op.op()
        + "` "
        + number("%.0f %%", 100 * op.share())
        + (ofBound == null ? "" : number(" (%.2f)", ofBound));
  }

  /** How long it takes to begin, and how much memory that takes. */
  static String starts(Map<String, Bench> byWay) {
    MarkdownTable table =
        new MarkdownTable(
            withGoal(
                "model", "how", "opened, s", "packed and ready, s", "peak, GiB", "figure", ""));
    byWay.forEach((way, bench) -> {
      Start start = bench.starts().getFirst();
      Long peak = bench.peakMemoryBytes();
      double first = start.firstTokenSeconds();
      String[] common = {
        bench.model(),
        way,
        number("%.2f", start.openSeconds()),
        number("%.2f", start.readySeconds()),
        peak == null ? "" : number("%.2f", peak / GIB)
      };
      table.row(
          withGoal(
              way.contains("--no-repack") ? Optional.of(Goals.FIRST_TOKEN) : Optional.empty(),
              first,
              join(common, "first token, s", number("**%.2f**", first))));
      if (peak != null) {
        double share = peak / (double) bench.fileBytes();
        table.row(
            withGoal(
                Optional.of(Goals.MEMORY),
                share,
                join(common, "peak of the file", number("**%.2f**", share))));
      }
    });
    return table.toString();
  }

  /** Answers by type of weights. */
  static String evaluations(List<Evaluation> evaluations) {
    MarkdownTable table =
        new MarkdownTable(
            withGoal(
                "matrices", "questions", "right answers", "those of other types", "exact match"));
    for (Evaluation each : evaluations) {
      table.row(
          withGoal(
              Goals.answers(each),
              each.reference(),
              each.type(),
              String.valueOf(each.questions()),
              String.valueOf(each.expected()),
              each.otherMatrices() == 0 ? "" : each.otherMatrices() + " matrices in BF16",
              "**" + each.reference() + "**"));
    }
    return table.toString();
  }

  /** Speeds without and with deterministic mode, measured in turns. */
  static String prices(List<Bench> free, List<Bench> deterministic) {
    MarkdownTable table =
        new MarkdownTable(
            "model", "test", "tokens/s", "deterministic, tokens/s", "ratio", "single rounds");
    int rounds = Math.min(free.size(), deterministic.size());
    if (rounds == 0) {
      return "";
    }
    for (String test : new TreeSet<>(free.getFirst().tests().stream().map(Test::test).toList())) {
      List<Double> ours = medians(free.subList(0, rounds), test);
      List<Double> theirs = medians(deterministic.subList(0, rounds), test);
      List<Double> ratios = new ArrayList<>();
      for (int i = 0; i < rounds; i++) {
        ratios.add(theirs.get(i) / ours.get(i));
      }
      double fast = Statistics.of(ours).median();
      double slow = Statistics.of(theirs).median();
      Statistics spread = Statistics.of(ratios);
      table.row(
          free.getFirst().model(),
          test,
          number("%.1f", fast),
          number("%.1f", slow),
          number("**%.2f**", slow / fast),
          number("%.2f", spread.min()) + " to " + number("%.2f", spread.max()));
    }
    return table.toString();
  }

  private static List<Double> medians(List<Bench> benches, String name) {
    return benches.stream()
        .flatMap(each -> each.tests().stream())
        .filter(each -> each.test().equals(name))
        .map(Test::median)
        .toList();
  }

  /** What a parallel region costs. */
  static String regions(List<RegionResult> regions) {
    MarkdownTable table = new MarkdownTable(withGoal("threads", "ns", "±"));
    for (RegionResult each : regions) {
      table.row(
          withGoal(
              each.threads() == 2 ? Optional.of(Goals.REGION) : Optional.empty(),
              each.nanoseconds(),
              String.valueOf(each.threads()),
              number("**%.0f**", each.nanoseconds()),
              number("%.0f", each.error())));
    }
    return table.toString();
  }

  private static String[] withGoal(String... columns) {
    return join(columns, Goal.COLUMNS);
  }

  private static String[] withGoal(Optional<Goal> goal, double figure, String... cells) {
    return join(cells, goal.map(each -> each.cells(figure)).orElseGet(Goal::noCells));
  }

  private static String[] join(String[] first, String... second) {
    return Stream.of(first, second).flatMap(Stream::of).toArray(String[]::new);
  }

  private static String pair(String format, double ours, double theirs) {
    return number(format, ours) + " / " + number(format, theirs);
  }

  private static String percent(double share) {
    return number("%.1f %%", 100 * share);
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
