package org.mla4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Columns that line up, with lines of free text between the rows where they are needed. */
final class TextTable {
  private static final String GAP = "  ";

  private final List<List<String>> lines = new ArrayList<>();

  /** Starts with the headings of the columns. */
  TextTable(String... headings) {
    row(headings);
  }

  /** Adds a row; one cell for each column. */
  TextTable row(String... cells) {
    lines.add(List.of(cells));
    return this;
  }

  /** Adds a line of free text, which no column grows for. */
  TextTable line(String text) {
    lines.add(List.of(text));
    return this;
  }

  /** The whole, without a line end after the last line. */
  @Override
  public String toString() {
    int[] widths = widths();
    return lines.stream().map(cells -> pad(cells, widths)).collect(Collectors.joining("\n"));
  }

  /** The same as Markdown, the headings first; lines of free text have no place in it. */
  String markdown() {
    List<String> written = new ArrayList<>();
    for (List<String> cells : lines) {
      written.add(
          cells.stream()
              .map(cell -> cell.replace("|", "\\|"))
              .collect(Collectors.joining(" | ", "| ", " |")));
    }
    written.add(1, "| --- ".repeat(lines.getFirst().size()) + "|");
    return String.join("\n", written);
  }

  private int[] widths() {
    int[] widths = new int[lines.getFirst().size()];
    for (List<String> cells : lines) {
      for (int column = 0; cells.size() > 1 && column < cells.size(); column++) {
        widths[column] = Math.max(widths[column], cells.get(column).length());
      }
    }
    return widths;
  }

  private static String pad(List<String> cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int column = 0; column < cells.size(); column++) {
      String cell = cells.get(column);
      line.append(cell);
      if (column < cells.size() - 1) {
        line.append(" ".repeat(widths[column] - cell.length())).append(GAP);
      }
    }
    return line.toString().stripTrailing();
  }
}
