package org.mla4j.benchmarks.peer;

import java.util.Formatter;
import java.util.List;
import java.util.Locale;

/** A comparison as text for a terminal. */
final class ComparisonText {
  private static final double GIB = 1 << 30;

  private ComparisonText() {}

  static String of(Comparison comparison) {
    ContenderReport ours = comparison.ours();
    ContenderReport theirs = comparison.theirs();
    Formatter text = new Formatter(Locale.ROOT);
    text.format(
        "%s, %.2f GiB, %d threads%n%s%n",
        comparison.model(),
        comparison.modelBytes() / GIB,
        comparison.threads(),
        comparison.machine());
    for (ContenderReport each : List.of(ours, theirs)) {
      text.format(
          "%-10s %s; %s; ready after %.1f s; peak memory %.2f GiB, %.2f of the model%n",
          each.name(),
          each.version(),
          each.settings(),
          each.readySeconds(),
          each.peakBytes() / GIB,
          each.peakBytes() / (double) comparison.modelBytes());
    }
    text.format(
        "%-14s %12s %14s %8s   %s%n",
        "test", ours.name() + " t/s", theirs.name() + " t/s", "ratio", "of single rounds");
    for (PairedTimes times : comparison.times()) {
      Statistics ratios = times.ratios();
      text.format(
          "%-14s %12.2f %14.2f %8.3f   %.3f .. %.3f .. %.3f%n",
          times.test(),
          times.ourRate().median(),
          times.theirRate().median(),
          times.ratioOfMedians(),
          ratios.min(),
          ratios.median(),
          ratios.max());
    }
    return text.toString();
  }
}
