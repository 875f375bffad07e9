package org.mla4j.core.engine;

import java.util.List;

/**
 * Looks for stop strings in a growing text. Text that could be the beginning of one is held back
 * until that is decided.
 *
 * <p>The stop string that is complete first wins, of several complete at once the longest: so the
 * result does not depend on how the text is cut into pieces.
 */
final class StopStrings {
  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private boolean found;

  StopStrings(List<String> stops) {
    this.stops = stops;
  }

  /** Takes more text; returns what is certain to precede any stop string. */
  String append(String text) {
    if (found) {
      return "";
    }
    if (stops.isEmpty()) {
      return text;
    }
    held.append(text);
    int start = -1;
    int end = Integer.MAX_VALUE;
    for (String stop : stops) {
      int at = held.indexOf(stop);
      int stopEnd = at + stop.length();
      if (at >= 0 && (stopEnd < end || (stopEnd == end && at < start))) {
        start = at;
        end = stopEnd;
      }
    }
    if (start >= 0) {
      found = true;
      return held.substring(0, start);
    }
    int certain = held.length() - longestBeginning();
    String released = held.substring(0, certain);
    held.delete(0, certain);
    return released;
  }

  /** Ends the text; returns what was held back. */
  String finish() {
    return found ? "" : held.toString();
  }

  boolean found() {
    return found;
  }

  /** The length of the longest end of the held text that a stop string begins with. */
  private int longestBeginning() {
    int longest = 0;
    for (String stop : stops) {
      for (int length = Math.min(stop.length() - 1, held.length()); length > longest; length--) {
        if (stop.startsWith(held.substring(held.length() - length))) {
          longest = length;
        }
      }
    }
    return longest;
  }
}
