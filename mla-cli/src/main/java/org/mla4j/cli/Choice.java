package org.mla4j.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/** One of a few words, as the value of an option. */
final class Choice {
  private Choice() {}

  static <E extends Enum<E>> E of(String option, String given, E[] values) {
    for (E value : values) {
      if (word(value).equals(given)) {
        return value;
      }
    }
    throw new InvalidInputException(
        ErrorCode.INVALID_REQUEST,
        "Option "
            + option
            + " = '"
            + given
            + "'; expected "
            + Arrays.stream(values)
                .map(value -> "'" + word(value) + "'")
                .collect(Collectors.joining(" or "))
            + ".");
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
