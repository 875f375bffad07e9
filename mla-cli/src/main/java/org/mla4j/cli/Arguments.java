package org.mla4j.cli;

import java.util.List;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/** Looks at the arguments before anybody interprets them. */
final class Arguments {
  /** What the JVM puts where the locale's encoding has no character for what was typed. */
  private static final char REPLACEMENT = '\uFFFD';

  private Arguments() {}

  /**
   * Refuses arguments that were damaged on their way in: the model would be asked something else
   * than was typed.
   */
  static void requireReadable(List<String> args) {
    for (int i = 0; i < args.size(); i++) {
      if (args.get(i).indexOf(REPLACEMENT) >= 0) {
        throw new InvalidInputException(
            ErrorCode.INVALID_REQUEST,
            "Argument "
                + (i + 1)
                + ", '"
                + args.get(i)
                + "', has characters that the locale's encoding, "
                + System.getProperty("sun.jnu.encoding")
                + ", cannot carry; expected text that it can. Set LC_ALL=C.UTF-8, or give the text on"
                + " standard input, which is always UTF-8.");
      }
    }
  }
}
