package org.mla4j.models.template;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The {@code format} method of strings: {@code '{0} and {name!r:>8}'.format(...)}. */
final class BraceFormat {

  /** A doubled brace, or a field; the specification may contain fields of its own. */
  private static final Pattern PART =
      Pattern.compile(
          "\\{\\{|}}|\\{(?<name>[^{}!:]*)(?:!(?<conversion>[^:}]*))?(?::(?<spec>(?:[^{}]|\\{[^{}]*})*))?}"
              + "|[{}]");

  private static final Pattern STEP = Pattern.compile("\\.(?<name>[^.\\[]+)|\\[(?<key>[^\\]]+)]");

  private final Arguments arguments;
  private int automatic;
  private boolean usesAutomatic;
  private boolean usesNumbers;

  private BraceFormat(Arguments arguments) {
    this.arguments = arguments;
  }

  static String format(String format, Arguments arguments) {
    return new BraceFormat(arguments).render(format);
  }

  private String render(String format) {
    Output out = new Output();
    int copied = 0;
    Matcher matcher = PART.matcher(format);
    while (matcher.find()) {
      out.append(format.substring(copied, matcher.start()));
      copied = matcher.end();
      switch (matcher.group()) {
        case "{{" -> out.append('{');
        case "}}" -> out.append('}');
        case "{", "}" ->
            throw EvaluationFailure.of("the format string has a single '" + matcher.group() + "'");
        default ->
            out.append(
                field(matcher.group("name"), matcher.group("conversion"), matcher.group("spec")));
      }
    }
    out.append(format.substring(copied));
    return out.toString();
  }

  private String field(String name, @Nullable String conversion, @Nullable String spec) {
    Value value = convert(resolve(name), conversion);
    String layout = spec == null ? "" : spec.indexOf('{') < 0 ? spec : render(spec);
    return layout.isEmpty() ? PythonText.str(value) : FormatSpec.parse(layout).format(value);
  }

  private static Value convert(Value value, @Nullable String conversion) {
    return switch (conversion) {
      case null -> value;
      case "s" -> Value.of(PythonText.str(value));
      case "r" -> Value.of(PythonText.repr(value));
      default ->
          throw EvaluationFailure.of("the format string has an unknown conversion !" + conversion);
    };
  }

  private Value resolve(String name) {
    int end = 0;
    while (end < name.length() && name.charAt(end) != '.' && name.charAt(end) != '[') {
      end++;
    }
    Value value = name.isEmpty() ? positional(nextAutomatic()) : argument(name.substring(0, end));
    Matcher step = STEP.matcher(name);
    int at = end;
    while (at < name.length()) {
      if (!step.find(at) || step.start() != at) {
        throw EvaluationFailure.of("the field '" + name + "' of the format string is malformed");
      }
      String attribute = step.group("name");
      value =
          attribute == null
              ? Access.item(value, key(step.group("key")))
              : Access.attribute(value, attribute);
      at = step.end();
    }
    return value;
  }

  private Value argument(String name) {
    if (!name.isEmpty() && name.chars().allMatch(c -> c >= '0' && c <= '9') && name.length() < 9) {
      usesNumbers = true;
      return positional(Integer.parseInt(name));
    }
    Value value = arguments.named().get(name);
    if (value == null) {
      throw EvaluationFailure.of("format() needs the argument '" + name + "'");
    }
    return value;
  }

  private int nextAutomatic() {
    usesAutomatic = true;
    return automatic++;
  }

  private Value positional(int index) {
    if (usesAutomatic && usesNumbers) {
      throw EvaluationFailure.of("the format string mixes numbered fields with unnumbered ones");
    }
    List<Value> values = arguments.positional();
    if (index >= values.size()) {
      throw EvaluationFailure.of("format() has no argument number " + index);
    }
    return values.get(index);
  }

  private static Value key(String text) {
    boolean isNumber = text.chars().allMatch(c -> c >= '0' && c <= '9') && text.length() < 9;
    return isNumber ? Value.of(Integer.parseInt(text)) : Value.of(text);
  }
}
