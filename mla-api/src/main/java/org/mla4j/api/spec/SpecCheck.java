package org.mla4j.api.spec;

import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/** The checks that specifications share. */
final class SpecCheck {
  private SpecCheck() {}

  static void positive(String spec, String field, long value) {
    require(value > 0, spec, field + " = " + value + "; expected a positive number");
  }

  static void notNegative(String spec, String field, long value) {
    require(value >= 0, spec, field + " = " + value + "; expected 0 or more");
  }

  static void positive(String spec, String field, double value) {
    require(
        value > 0 && Double.isFinite(value),
        spec,
        field + " = " + value + "; expected a positive finite number");
  }

  static void notNegative(String spec, String field, double value) {
    require(
        value >= 0 && Double.isFinite(value),
        spec,
        field + " = " + value + "; expected a finite number, 0 or more");
  }

  static void require(boolean holds, String spec, String problem) {
    if (!holds) {
      throw new InvalidInputException(ErrorCode.INVALID_SPEC, spec + ": " + problem + ".");
    }
  }
}
