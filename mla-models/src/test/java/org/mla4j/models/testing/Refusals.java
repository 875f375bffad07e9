package org.mla4j.models.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.function.Executable;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.error.MlaException;
import org.mla4j.api.error.ModelException;

/** Asserts that something is refused, and in which words. */
public final class Refusals {
  private Refusals() {}

  /** Refused as invalid input, with this message, code included. */
  public static void assertRefused(String message, Executable attempt) {
    assertRefused(InvalidInputException.class, message, attempt);
  }

  /** Refused because of what a checkpoint holds, with this message, code included. */
  public static void assertModelRefused(String message, Executable attempt) {
    assertRefused(ModelException.class, message, attempt);
  }

  private static void assertRefused(
      Class<? extends MlaException> type, String message, Executable attempt) {
    assertEquals(message, assertThrows(type, attempt).getMessage());
  }
}
