package org.mla4j.models.checkpoint;

import java.util.Collection;
import java.util.Comparator;
import java.util.stream.Collectors;

/** Finds what may have been meant by a name that is not there. */
final class NearestNames {
  private static final int SHOWN = 3;

  private NearestNames() {}

  /** The names that differ least from the wanted one, nearest first. */
  static String of(String wanted, Collection<String> names) {
    return names.stream()
        .sorted(
            Comparator.comparingInt((String name) -> difference(wanted, name))
                .thenComparing(Comparator.naturalOrder()))
        .limit(SHOWN)
        .collect(Collectors.joining(", "));
  }

  /** What remains of both without their common start and end: a number or a word in the middle. */
  private static int difference(String a, String b) {
    int shorter = Math.min(a.length(), b.length());
    int start = 0;
    while (start < shorter && a.charAt(start) == b.charAt(start)) {
      start++;
    }
    int end = 0;
    while (end < shorter - start
        && a.charAt(a.length() - 1 - end) == b.charAt(b.length() - 1 - end)) {
      end++;
    }
    return a.length() + b.length() - 2 * (start + end);
  }
}
