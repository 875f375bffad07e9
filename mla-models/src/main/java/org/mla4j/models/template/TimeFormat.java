package org.mla4j.models.template;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoField;
import java.util.Locale;

/** Dates as text: {@code strftime} with English names, as in the C locale. */
final class TimeFormat {

  private TimeFormat() {}

  static String format(String format, LocalDateTime time) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%') {
        out.append(c);
        continue;
      }
      // A dash leaves out the leading zero.
      boolean isBare = format.startsWith("-", i + 1);
      i += isBare ? 2 : 1;
      if (i >= format.length()) {
        throw EvaluationFailure.of("the time format '" + format + "' ends inside a directive");
      }
      String text = directive(format, format.charAt(i), time);
      out.append(isBare ? text.replaceFirst("^[0 ]+(?=.)", "") : text);
    }
    return out.toString();
  }

  private static String directive(String format, char directive, LocalDateTime time) {
    return switch (directive) {
      case 'a' -> pattern(time, "EEE");
      case 'A' -> pattern(time, "EEEE");
      case 'b', 'h' -> pattern(time, "MMM");
      case 'B' -> pattern(time, "MMMM");
      case 'c' -> format("%a %b %e %H:%M:%S %Y", time);
      case 'C' -> pattern(time, "yyyy").substring(0, 2);
      case 'd' -> pattern(time, "dd");
      case 'D', 'x' -> pattern(time, "MM/dd/yy");
      case 'e' -> String.format(Locale.ROOT, "%2d", time.getDayOfMonth());
      case 'f' -> String.format(Locale.ROOT, "%06d", time.get(ChronoField.MICRO_OF_SECOND));
      case 'F' -> pattern(time, "yyyy-MM-dd");
      case 'H' -> pattern(time, "HH");
      case 'I' -> pattern(time, "hh");
      case 'j' -> pattern(time, "DDD");
      case 'm' -> pattern(time, "MM");
      case 'M' -> pattern(time, "mm");
      case 'n' -> "\n";
      case 'p' -> time.getHour() < 12 ? "AM" : "PM";
      case 'R' -> pattern(time, "HH:mm");
      case 'S' -> pattern(time, "ss");
      case 't' -> "\t";
      case 'T', 'X' -> pattern(time, "HH:mm:ss");
      case 'u' -> Integer.toString(time.getDayOfWeek().getValue());
      case 'w' -> Integer.toString(time.getDayOfWeek().getValue() % 7);
      case 'y' -> pattern(time, "yy");
      case 'Y' -> pattern(time, "yyyy");
      // The time is local and carries no zone, so these are empty for Python too.
      case 'z', 'Z' -> "";
      case '%' -> "%";
      default ->
          throw EvaluationFailure.of(
              "the time format '" + format + "' has an unknown directive %" + directive);
    };
  }

  private static String pattern(LocalDateTime time, String pattern) {
    return time.format(DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH));
  }
}
