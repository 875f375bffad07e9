package org.mla4j.models.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.function.Executable;
import org.mla4j.api.error.MlaException;

/** What must not be done is refused in these words. */
final class Refusals {
  private Refusals() {}

  static void assertRefused(String message, Executable wrong) {
    assertEquals(message, assertThrows(MlaException.class, wrong).getMessage());
  }
}
