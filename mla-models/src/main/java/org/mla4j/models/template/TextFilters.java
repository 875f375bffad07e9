package org.mla4j.models.template;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.mla4j.models.template.Arguments.Bound;

/** Filters that make a string; what they are given is turned into one first. */
final class TextFilters {

  private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);

  private TextFilters() {}

  static void addTo(Map<String, Filter> filters) {
    mapping(filters, "capitalize", Case::capitalize);
    mapping(filters, "lower", Case::lower);
    mapping(filters, "upper", Case::upper);
    mapping(filters, "title", TextFilters::title);
    mapping(filters, "string", UnaryOperator.identity());
    // Nothing escapes on its own here, so there is nothing to protect a string from.
    mapping(filters, "safe", UnaryOperator.identity());
    mapping(filters, "escape", TextFilters::escape);
    mapping(filters, "e", TextFilters::escape);
    mapping(filters, "forceescape", TextFilters::escape);
    filters.put(
        "trim",
        (input, arguments) ->
            Value.of(
                Strings.strip(PythonText.str(input), StringMethods.stripped("trim", arguments))));
    filters.put("replace", TextFilters::replace);
    filters.put("indent", TextFilters::indent);
    filters.put("truncate", TextFilters::truncate);
    filters.put("center", TextFilters::center);
    filters.put("format", TextFilters::format);
    filters.put("wordcount", TextFilters::wordCount);
  }

  private static void mapping(
      Map<String, Filter> filters, String name, UnaryOperator<String> mapping) {
    filters.put(
        name,
        (input, arguments) -> {
          arguments.bind(name, 0);
          return Value.of(mapping.apply(PythonText.str(input)));
        });
  }

  /**
   * Unlike the method of the same name, this starts words after white space, dashes and open
   * brackets only.
   */
  private static String title(String text) {
    StringBuilder out = new StringBuilder(text.length());
    int at = 0;
    while (at < text.length()) {
      int end = at;
      while (end < text.length() && !isWordSeparator(text.codePointAt(end))) {
        end += Character.charCount(text.codePointAt(end));
      }
      if (end > at) {
        int second = text.offsetByCodePoints(at, 1);
        out.append(Case.upper(text.substring(at, second)));
        out.append(Case.lower(text.substring(second, end)));
      }
      at = end;
      if (at < text.length()) {
        out.appendCodePoint(text.codePointAt(at));
        at += Character.charCount(text.codePointAt(at));
      }
    }
    return out.toString();
  }

  private static boolean isWordSeparator(int point) {
    return "-({[<".indexOf(point) >= 0 || Strings.isSpace(point);
  }

  private static String escape(String text) {
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      switch (text.charAt(i)) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&#34;");
        case '\'' -> out.append("&#39;");
        default -> out.append(text.charAt(i));
      }
    }
    return out.toString();
  }

  private static Value replace(Value input, Arguments arguments) {
    Bound bound = arguments.bind("replace", 2, "old", "new", "count");
    return Value.of(
        StringMethods.replace(
            PythonText.str(input),
            PythonText.str(bound.value(0)),
            PythonText.str(bound.value(1)),
            bound.hasValue(2) ? bound.integer(2) : -1));
  }

  private static Value indent(Value input, Arguments arguments) {
    Bound bound = arguments.bind("indent", 0, "width", "first", "blank");
    String indent =
        bound.value(0, Value.of(4)) instanceof Value.Str(String text)
            ? text
            : Strings.repeat(" ", bound.integer(0, 4));
    boolean indentsBlank = bound.truth(2, false);
    List<String> lines = Strings.lines(text("indent", input) + "\n", false);
    Limits.checkText((long) lines.size() * indent.length());
    String rest =
        lines.stream()
            .skip(1)
            .map(line -> "\n" + (line.isEmpty() && !indentsBlank ? "" : indent) + line)
            .collect(Collectors.joining());
    return Value.of((bound.truth(1, false) ? indent : "") + lines.getFirst() + rest);
  }

  private static Value truncate(Value input, Arguments arguments) {
    Bound bound = arguments.bind("truncate", 0, "length", "killwords", "end", "leeway");
    String end = bound.text(2, "...");
    long length = bound.integer(0, 255);
    long leeway = bound.hasValue(3) ? bound.integer(3) : 5;
    long kept = length - Strings.length(end);
    if (kept < 0 || leeway < 0) {
      throw EvaluationFailure.of(
          "truncate needs a length of at least that of the end mark, and a leeway of at least 0");
    }
    if (Iteration.length(input) <= length + leeway) {
      return input;
    }
    String text = text("truncate", input);
    String cut = Strings.slice(text, 0, (int) kept);
    int lastBlank = cut.lastIndexOf(' ');
    boolean cutsWords = bound.truth(1, false) || lastBlank < 0;
    return Value.of((cutsWords ? cut : cut.substring(0, lastBlank)) + end);
  }

  private static Value center(Value input, Arguments arguments) {
    long width = arguments.bind("center", 0, "width").integer(0, 80);
    return Value.of(StringMethods.center(PythonText.str(input), width, " "));
  }

  private static Value format(Value input, Arguments arguments) {
    if (!arguments.named().isEmpty() && !arguments.positional().isEmpty()) {
      throw EvaluationFailure.of("format takes arguments by position or by name, not both");
    }
    Value values =
        arguments.named().isEmpty()
            ? new Value.Tuple(arguments.positional())
            : Globals.dictOf(arguments.named());
    return Value.of(PercentFormat.format(PythonText.str(input), values));
  }

  private static Value wordCount(Value input, Arguments arguments) {
    arguments.bind("wordcount", 0);
    return Value.of(WORD.matcher(PythonText.str(input)).results().count());
  }

  private static String text(String filter, Value input) {
    return switch (input) {
      case Value.Str(String text) -> text;
      case Value.Undefined undefined -> throw EvaluationFailure.of(undefined.message());
      default -> throw EvaluationFailure.of(filter + " needs a string, got " + input.typeName());
    };
  }
}
