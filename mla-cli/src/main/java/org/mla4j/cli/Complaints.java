package org.mla4j.cli;

import java.io.PrintStream;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.mla4j.api.error.MlaException;

/**
 * Tells the user what went wrong: one line for what we throw on purpose, a stack trace for a
 * defect.
 */
final class Complaints {
  private final PrintStream err;
  private final BooleanSupplier debug;

  Complaints(PrintStream err, BooleanSupplier debug) {
    this.err = err;
    this.debug = debug;
  }

  void say(String message) {
    err.print("mla: " + message + "\n");
    err.flush();
  }

  /** Reports a failure and returns the exit status that belongs to it. */
  int report(Throwable failure) {
    if (failure instanceof MlaException known) {
      say(String.valueOf(known.getMessage()));
      if (debug.getAsBoolean()) {
        known.printStackTrace(err);
      }
      return status(known);
    }
    if (failure instanceof CancellationException cancelled) {
      say(String.valueOf(cancelled.getMessage()));
      return ExitStatus.FAILED;
    }
    say("Unexpected error; please report it together with the output of 'mla info'.");
    failure.printStackTrace(err);
    return ExitStatus.UNEXPECTED;
  }

  /** Everything we refuse is the user's to change, except what broke while it ran. */
  private static int status(MlaException failure) {
    return switch (failure.code()) {
      case FORWARD_FAILED, CREATE_FAILED, CAPTURE_FAILED, STALE_GRAPH, CLOSED -> ExitStatus.FAILED;
      default -> ExitStatus.WRONG_INPUT;
    };
  }
}
