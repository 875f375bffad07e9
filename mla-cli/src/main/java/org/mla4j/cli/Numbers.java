package org.mla4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * One or more whole numbers, separated by commas, as the value of an option.
 *
 * @param values the numbers in their order
 */
record Numbers(List<Integer> values) {
  Numbers {
    values = List.copyOf(values);
  }

  static Numbers of(int... values) {
    List<Integer> numbers = new ArrayList<>();
    for (int value : values) {
      numbers.add(value);
    }
    return new Numbers(numbers);
  }

  /** The number where only one has a meaning. */
  int single(String option) {
    if (values.size() > 1) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST, "Option " + option + " = " + this + "; expected one number.");
    }
    return values.getFirst();
  }

  Numbers requireFrom(int least, String option) {
    for (int value : values) {
      if (value < least) {
        throw new InvalidInputException(
            ErrorCode.INVALID_REQUEST,
            "Option " + option + " = " + value + "; expected " + least + " or more.");
      }
    }
    return this;
  }

  /** As it was given. */
  @Override
  public String toString() {
    return values.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  /** Reads numbers, in the words of picocli where one is none. */
  static final class Converter implements ITypeConverter<Numbers> {
    @Override
    public Numbers convert(String given) {
      List<Integer> numbers = new ArrayList<>();
      for (String number : given.split(",", -1)) {
        try {
          numbers.add(Integer.parseInt(number.strip()));
        } catch (NumberFormatException e) {
          throw new TypeConversionException("'" + number + "' is not an int");
        }
      }
      return new Numbers(numbers);
    }
  }
}
