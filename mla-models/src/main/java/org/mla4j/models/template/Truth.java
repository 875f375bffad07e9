package org.mla4j.models.template;

/** Which values are true. */
final class Truth {

  private Truth() {}

  static boolean of(Value value) {
    return switch (value) {
      case Value.None _, Value.Undefined _ -> false;
      case Value.Bool(boolean truth) -> truth;
      case Value.Int(long number) -> number != 0;
      case Value.Real(double number) -> number != 0;
      case Value.Str str -> !str.text().isEmpty();
      case Value.Sequence sequence -> !sequence.items().isEmpty();
      case Value.View view -> !view.items().isEmpty();
      case Value.Dict dict -> !dict.entries().isEmpty();
      // A generator is true even if nothing will come out of it: it cannot know.
      case Value.Function _, Value.Stateful _ -> true;
    };
  }
}
