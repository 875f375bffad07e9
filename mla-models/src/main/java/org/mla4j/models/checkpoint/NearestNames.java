package org.mla4j.models.checkpoint;

import java.util.Collection;
import java.util.Comparator;
import java.util.stream.Collectors;

/** Finds what may have been meant by a name that is not there. */
final class NearestNames {
  private static final int SHOWN = 3;

  private NearestNames() {}

  /** The names that share most with the wanted one at their two ends, nearest first. */
  static String of(String wanted, Collection<String> names) {
    return names.stream()
        .sorted(
            Comparator.comparingInt((String name) -> -shared(wanted, name))
                .thenComparing(Comparator.naturalOrder()))
        .limit(SHOWN)
        .collect(Collectors.joining(", "));
  }

  /** Dotted names agree in module and role; in between a number or a word differs. */
  private static int shared(String a, String b) {
    int length = Math.min(a.length(), b.length());
    int start = 0;
    while (start < length && a.charAt(start) == b.charAt(start)) {
      start++;
    }
    int end = 0;
    while (end < length - start
        && a.charAt(a.length() - 1 - end) == b.charAt(b.length() - 1 - end)) {
      end++;
    }
    return start + end;
  }
}
