package org.mla4j.models.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;

/** Going through values, and their sizes. */
final class Iteration {

  private Iteration() {}

  static boolean isIterable(Value value) {
    return switch (value) {
      case Value.Str _,
          Value.Sequence _,
          Value.View _,
          Value.Dict _,
          Value.Undefined _,
          Generator _ ->
          true;
      case Value.None _, Value.Numeric _, Value.Function _, Namespace _, LoopState _ -> false;
    };
  }

  static Iterator<Value> iterator(Value value) {
    return switch (value) {
      case Generator generator -> generator.items();
      case Value.Undefined _ -> Collections.emptyIterator();
      default -> items(value).iterator();
    };
  }

  /** {@return the elements of {@code value}; reading them uses up a generator} */
  static List<Value> items(Value value) {
    return switch (value) {
      case Value.Str str -> Strings.characters(str.text());
      case Value.Sequence sequence -> sequence.items();
      case Value.View view -> view.items();
      case Value.Dict dict -> List.copyOf(dict.entries().keySet());
      case Value.Undefined _ -> List.of();
      case Generator generator -> drain(generator.items());
      case Value.None _, Value.Numeric _, Value.Function _, Namespace _, LoopState _ ->
          throw EvaluationFailure.of("a value of type " + value.typeName() + " is not iterable");
    };
  }

  static int length(Value value) {
    return switch (value) {
      case Value.Str str -> Strings.length(str.text());
      case Value.Sequence sequence -> sequence.items().size();
      case Value.View view -> view.items().size();
      case Value.Dict dict -> dict.entries().size();
      case Value.Undefined _ -> 0;
      case Value.None _, Value.Numeric _, Value.Function _, Value.Stateful _ ->
          throw EvaluationFailure.of("a value of type " + value.typeName() + " has no length");
    };
  }

  private static List<Value> drain(Iterator<Value> items) {
    List<Value> drained = new ArrayList<>();
    while (items.hasNext()) {
      drained.add(items.next());
      Limits.checkItems(drained.size());
    }
    return drained;
  }
}
