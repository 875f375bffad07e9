package org.mla4j.api;

import org.jspecify.annotations.Nullable;

/** Stands in until the first real type arrives. */
public final class Placeholder {
  private Placeholder() {}

  /**
   * Returns the value, or the empty string.
   *
   * @param value what to return
   * @return never null
   */
  public static String orEmpty(@Nullable String value) {
    return value == null ? "" : value;
  }
}
