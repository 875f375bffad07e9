package org.mla4j.tck.harness;

import java.util.function.Supplier;

/** A rule is broken. */
public final class Failure extends AssertionError {
  private static final long serialVersionUID = 1;

  public Failure(String message) {
    super(message);
  }

  public Failure(String message, Throwable cause) {
    super(message, cause);
  }

  /** Fails unless something holds. */
  public static void unless(boolean holds, Supplier<String> message) {
    if (!holds) {
      throw new Failure(message.get());
    }
  }
}
