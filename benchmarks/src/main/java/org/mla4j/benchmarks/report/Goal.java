package org.mla4j.benchmarks.report;

import java.util.Locale;

/**
 * What a figure has to be.
 *
 * @param must what it must reach
 * @param aim what is aimed at beyond; the same where there is no more
 * @param atMost whether the figure is to be small
 */
record Goal(double must, double aim, boolean atMost) {
  /** Heads of the columns that {@link #cells} fills. */
  static final String[] COLUMNS = {"must", "aim", "met"};

  private static final String[] NONE = {"", "", ""};

  /** A figure that is to be large. */
  static Goal atLeast(double must, double aim) {
    return new Goal(must, aim, false);
  }

  /** A figure that is to be small. */
  static Goal atMost(double must, double aim) {
    return new Goal(must, aim, true);
  }

  /** Must, aim and whether they are met. */
  String[] cells(double figure) {
    return new String[] {
      sign() + number(must), aim == must ? "" : sign() + number(aim), verdict(figure)
    };
  }

  /** Empty cells, for a figure without a goal. */
  static String[] noCells() {
    return NONE.clone();
  }

  private String verdict(double figure) {
    if (reaches(figure, aim)) {
      return aim == must ? "✅" : "✅ aim";
    }
    if (reaches(figure, must)) {
      return "✅";
    }
    return String.format(Locale.ROOT, "❌ by %.1f %%", 100 * Math.abs(figure / must - 1));
  }

  private boolean reaches(double figure, double wanted) {
    return atMost ? figure <= wanted : figure >= wanted;
  }

  private String sign() {
    return atMost ? "≤ " : "≥ ";
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? String.valueOf((long) value)
        : String.format(Locale.ROOT, "%.2f", value);
  }
}
