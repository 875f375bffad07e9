package org.mla4j.tck;

/** How a case ended. */
public sealed interface Outcome {
  /** The rule holds in this case. */
  record Passed() implements Outcome {}

  /**
   * It does not.
   *
   * @param message what was given, what was expected, and where
   * @param cause what was thrown
   */
  record Failed(String message, Throwable cause) implements Outcome {}

  /**
   * The backend does not do what the case needs.
   *
   * @param reason the backend's own, where it gave one
   */
  record Skipped(String reason) implements Outcome {}
}
