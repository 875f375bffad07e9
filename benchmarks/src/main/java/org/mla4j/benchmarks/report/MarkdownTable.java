package org.mla4j.benchmarks.report;

import java.util.List;
import java.util.stream.Collectors;

/** A table of Markdown. */
final class MarkdownTable {
  private final StringBuilder text = new StringBuilder();

  MarkdownTable(String... columns) {
    row(List.of(columns));
    row(List.of(columns).stream().map(column -> "---").toList());
  }

  MarkdownTable row(String... cells) {
    row(List.of(cells));
    return this;
  }

  private void row(List<String> cells) {
    text.append(cells.stream().collect(Collectors.joining(" | ", "| ", " |\n")));
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
