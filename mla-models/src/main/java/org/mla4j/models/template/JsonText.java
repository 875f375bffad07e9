package org.mla4j.models.template;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Values as JSON, character for character as Python's {@code json.dumps} writes them: with a blank
 * after each comma and colon, which models have seen in every tool description they were trained
 * on.
 */
final class JsonText {

  /**
   * The layout.
   *
   * @param indent what one level of indentation is, null to write everything on one line
   * @param itemSeparator what stands between items
   * @param keySeparator what stands between a key and its value
   * @param asciiOnly whether characters beyond ASCII are escaped
   * @param sortKeys whether keys are sorted
   */
  record Layout(
      @Nullable String indent,
      String itemSeparator,
      String keySeparator,
      boolean asciiOnly,
      boolean sortKeys) {}

  private final Layout layout;
  private final Output out = new Output();

  private JsonText(Layout layout) {
    this.layout = layout;
  }

  static String write(Value value, Layout layout) {
    JsonText json = new JsonText(layout);
    json.write(value, 0);
    return json.out.toString();
  }

  private void write(Value value, int level) {
    switch (value) {
      case Value.Str(String text) -> string(text);
      case Value.None _, Value.Numeric _ -> out.append(scalar(value));
      case Value.ListOf(List<Value> items) -> array(items, level);
      case Value.Tuple(List<Value> items) -> array(items, level);
      case Value.Dict(Map<Value, Value> entries) -> object(entries, level);
      case Value.Undefined undefined ->
          throw EvaluationFailure.of("an undefined value has no JSON form: " + undefined.message());
      case Value.Range _, Value.View _, Value.Function _, Value.Stateful _ ->
          throw EvaluationFailure.of("a value of type " + value.typeName() + " has no JSON form");
    }
  }

  private static String scalar(Value value) {
    return switch (value) {
      case Value.None _ -> "null";
      case Value.Bool(boolean truth) -> truth ? "true" : "false";
      case Value.Real(double number) when Double.isNaN(number) -> "NaN";
      case Value.Real(double number) when Double.isInfinite(number) ->
          number > 0 ? "Infinity" : "-Infinity";
      default -> PythonText.repr(value);
    };
  }

  private void array(List<Value> items, int level) {
    if (items.isEmpty()) {
      out.append("[]");
      return;
    }
    String separator = "[";
    for (Value item : items) {
      out.append(separator);
      newLine(level + 1);
      write(item, level + 1);
      separator = layout.itemSeparator();
    }
    newLine(level);
    out.append(']');
  }

  private void object(Map<Value, Value> entries, int level) {
    if (entries.isEmpty()) {
      out.append("{}");
      return;
    }
    List<Map.Entry<Value, Value>> ordered =
        layout.sortKeys()
            ? entries.entrySet().stream()
                .sorted(Comparator.comparing(Map.Entry::getKey, Comparison.ORDER))
                .toList()
            : List.copyOf(entries.entrySet());
    String separator = "{";
    for (Map.Entry<Value, Value> entry : ordered) {
      out.append(separator);
      newLine(level + 1);
      string(key(entry.getKey()));
      out.append(layout.keySeparator());
      write(entry.getValue(), level + 1);
      separator = layout.itemSeparator();
    }
    newLine(level);
    out.append('}');
  }

  private static String key(Value key) {
    return switch (key) {
      case Value.Str(String text) -> text;
      case Value.None _, Value.Numeric _ -> scalar(key);
      default ->
          throw EvaluationFailure.of(
              "a key of type " + key.typeName() + " has no JSON form; keys are strings");
    };
  }

  private void newLine(int level) {
    String indent = layout.indent();
    if (indent != null) {
      out.append('\n');
      out.append(indent.repeat(level));
    }
  }

  private void string(String text) {
    StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        case '\b' -> quoted.append("\\b");
        case '\f' -> quoted.append("\\f");
        default -> {
          if (c < 0x20 || (layout.asciiOnly() && c > 0x7E)) {
            quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
          } else {
            quoted.append(c);
          }
        }
      }
    }
    out.append(quoted.append('"').toString());
  }
}
