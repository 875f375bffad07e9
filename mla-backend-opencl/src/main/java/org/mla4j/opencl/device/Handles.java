package org.mla4j.opencl.device;

import java.util.Map;
import java.util.TreeMap;

/**
 * Counts native objects, so that one that was not released is noticed. Threading: safe to share.
 */
final class Handles {
  private final Map<String, Integer> open = new TreeMap<>();

  synchronized void created(String kind) {
    open.merge(kind, 1, Integer::sum);
  }

  synchronized void released(String kind) {
    open.merge(kind, -1, (old, change) -> old + change == 0 ? null : old + change);
  }

  /** How many of each kind are not released. */
  synchronized Map<String, Integer> open() {
    return new TreeMap<>(open);
  }
}
