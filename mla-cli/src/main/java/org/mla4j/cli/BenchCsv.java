package org.mla4j.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mla4j.cli.BenchSummary.Bound;
import org.mla4j.cli.BenchSummary.Test;
import org.mla4j.models.measure.Start;

/**
 * A benchmark as comma-separated values (RFC 4180): a line for each test, always the same columns.
 * What was not measured is empty.
 */
final class BenchCsv {
  private BenchCsv() {}

  static String of(BenchSummary summary) {
    List<String> lines = new ArrayList<>();
    for (Test test : summary.tests()) {
      Map<String, @Nullable Object> cells = cells(summary, test);
      if (lines.isEmpty()) {
        lines.add(String.join(",", cells.keySet()));
      }
      lines.add(cells.values().stream().map(BenchCsv::cell).collect(Collectors.joining(",")));
    }
    return String.join("\n", lines);
  }

  private static Map<String, @Nullable Object> cells(BenchSummary summary, Test test) {
    Start start = summary.start(test.threads());
    Map<String, @Nullable Object> cells = new LinkedHashMap<>();
    cells.put("model", summary.model());
    cells.put("file_bytes", summary.fileBytes());
    cells.put("parameters", summary.parameters());
    cells.put("weight_type", summary.weightType());
    cells.put("backend", summary.backend());
    cells.put("cache_type", summary.cacheType());
    cells.put("threads", test.threads());
    cells.put("test", test.test());
    cells.put("prompt", test.prompt());
    cells.put("generated", test.generated());
    cells.put("depth", test.depth());
    cells.put("batch", test.batch());
    cells.put("repetitions", summary.repetitions());
    cells.put("tokens_per_second", test.mean());
    cells.put("standard_deviation", test.standardDeviation());
    cells.put("median", test.median());
    cells.put("open_seconds", start.openSeconds());
    cells.put("ready_seconds", start.readySeconds());
    cells.put("first_token_seconds", start.firstTokenSeconds());
    cells.put("peak_memory_bytes", summary.peakMemoryBytes());
    addBound(cells, test.roofline());
    return cells;
  }

  private static void addBound(Map<String, @Nullable Object> cells, @Nullable Bound bound) {
    add(cells, "weight_bytes_per_token", bound, Bound::weightBytesPerToken);
    add(cells, "cache_bytes_per_token", bound, Bound::cacheBytesPerToken);
    add(cells, "flops_per_token", bound, Bound::flopsPerToken);
    add(cells, "bytes_per_second", bound, Bound::bytesPerSecond);
    add(cells, "flops_per_second", bound, Bound::flopsPerSecond);
    add(cells, "of_bandwidth", bound, Bound::ofBandwidth);
    add(cells, "of_peak", bound, Bound::ofPeak);
    add(cells, "bound", bound, Bound::bound);
    add(cells, "outside_share", bound, Bound::outsideShare);
  }

  private static void add(
      Map<String, @Nullable Object> cells,
      String column,
      @Nullable Bound bound,
      Function<Bound, Object> value) {
    cells.put(column, bound == null ? null : value.apply(bound));
  }

  private static String cell(@Nullable Object value) {
    if (value == null) {
      return "";
    }
    String text = value.toString();
    boolean plain = Stream.of(",", "\"", "\n", "\r").noneMatch(text::contains);
    return plain ? text : "\"" + text.replace("\"", "\"\"") + "\"";
  }
}
