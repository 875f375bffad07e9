package org.mla4j.models.template;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Values as text: Python's {@code str()} and {@code repr()}. */
final class PythonText {

  private PythonText() {}

  /** {@return what printing {@code value} puts into the prompt} */
  static String str(Value value) {
    return switch (value) {
      case Value.Str str -> str.text();
      case Value.Undefined _ -> "";
      default -> repr(value);
    };
  }

  /** {@return {@code value} as it prints inside a list, which is where strings get quotes} */
  static String repr(Value value) {
    return switch (value) {
      // The frequent ones, without a buffer.
      case Value.None _ -> "None";
      case Value.Bool(boolean truth) -> truth ? "True" : "False";
      case Value.Int(long number) -> Long.toString(number);
      case Value.Real(double number) -> Decimals.shortest(number);
      default -> {
        Output out = new Output();
        write(value, out);
        yield out.toString();
      }
    };
  }

  /** {@return {@code text} in the quotes and with the escapes that {@code repr} would choose} */
  static String quote(String text) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    StringBuilder out = new StringBuilder(text.length() + 2).append(quote);
    text.codePoints().forEach(point -> escape(point, quote, out));
    return out.append(quote).toString();
  }

  private static void write(Value value, Output out) {
    switch (value) {
      case Value.None _, Value.Bool _, Value.Int _, Value.Real _ -> out.append(repr(value));
      case Value.Str str -> out.append(quote(str.text()));
      case Value.Undefined _ -> out.append("Undefined");
      case Value.ListOf list -> writeItems("[", list.items(), "]", out);
      case Value.Tuple tuple ->
          writeItems("(", tuple.items(), tuple.items().size() == 1 ? ",)" : ")", out);
      case Value.Range(long start, long stop, long step, _) ->
          out.append("range(" + start + ", " + stop + (step == 1 ? ")" : ", " + step + ")"));
      case Value.Dict dict -> writeEntries(dict.entries(), out);
      case Value.View view -> {
        out.append(view.typeName());
        writeItems("([", view.items(), "])", out);
      }
      case Namespace namespace -> {
        out.append("<Namespace ");
        writeEntries(namespace.attributes(), out);
        out.append('>');
      }
      case LoopState loop -> out.append(loop.toString());
      case Generator _ ->
          throw EvaluationFailure.of("a generator has no text; put |list or |join behind it");
      case Value.Function function ->
          throw EvaluationFailure.of(
              "the function '" + function.name() + "' has no text; call it with ()");
    }
  }

  private static void writeItems(String open, List<Value> items, String close, Output out) {
    out.append(open);
    String separator = "";
    for (Value item : items) {
      out.append(separator);
      write(item, out);
      separator = ", ";
    }
    out.append(close);
  }

  private static void writeEntries(Map<Value, Value> entries, Output out) {
    out.append('{');
    String separator = "";
    for (Map.Entry<Value, Value> entry : entries.entrySet()) {
      out.append(separator);
      write(entry.getKey(), out);
      out.append(": ");
      write(entry.getValue(), out);
      separator = ", ";
    }
    out.append('}');
  }

  private static void escape(int point, char quote, StringBuilder out) {
    switch (point) {
      case '\\' -> out.append("\\\\");
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      default -> {
        if (point == quote) {
          out.append('\\').append(quote);
        } else if (isPrintable(point)) {
          out.appendCodePoint(point);
        } else {
          String format = point < 0x100 ? "\\x%02x" : point < 0x10000 ? "\\u%04x" : "\\U%08x";
          out.append(String.format(Locale.ROOT, format, point));
        }
      }
    }
  }

  private static boolean isPrintable(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> point == ' ';
      default -> true;
    };
  }
}
