package org.mla4j.models.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reading parts of values: {@code value.name}, {@code value[key]} and slices.
 *
 * <p>Both forms fall back on the other, and what exists in neither is undefined rather than an
 * error. The difference is which goes first, and it shows when a dictionary has a key called {@code
 * items}.
 */
final class Access {

  private Access() {}

  /** {@return what {@code object.name} is} */
  static Value attribute(Value object, String name) {
    Value attribute = ownAttribute(object, name);
    if (attribute != null) {
      return attribute;
    }
    Value item = object instanceof Value.Dict dict ? dict.entries().get(Value.of(name)) : null;
    return item == null ? missing(object, Value.of(name)) : item;
  }

  /**
   * {@return what {@code object|attr(name)} is: like {@code object.name}, but keys do not count}
   */
  static Value attributeOnly(Value object, String name) {
    Value attribute = ownAttribute(object, name);
    return attribute == null ? missing(object, Value.of(name)) : attribute;
  }

  /** {@return what {@code object[key]} is} */
  static Value item(Value object, Value key) {
    Value item = ownItem(object, key);
    if (item != null) {
      return item;
    }
    Value attribute = key instanceof Value.Str(String name) ? ownAttribute(object, name) : null;
    return attribute == null ? missing(object, key) : attribute;
  }

  /** {@return what {@code object[start:stop:step]} is; a bound that is null was left out} */
  static Value slice(
      Value object, @Nullable Value start, @Nullable Value stop, @Nullable Value step) {
    return switch (object) {
      case Value.Str(String text) -> {
        List<Value> characters = Strings.characters(text);
        StringBuilder out = new StringBuilder();
        for (Value character : Slice.of(characters.size(), start, stop, step).from(characters)) {
          out.append(PythonText.str(character));
        }
        yield Value.of(out.toString());
      }
      case Value.Sequence sequence -> {
        Slice slice = Slice.of(sequence.items().size(), start, stop, step);
        yield switch (sequence) {
          case Value.ListOf(List<Value> items) -> new Value.ListOf(slice.from(items));
          case Value.Tuple(List<Value> items) -> new Value.Tuple(slice.from(items));
          case Value.Range range -> slice.from(range);
        };
      }
      case Value.Undefined undefined -> throw EvaluationFailure.of(undefined.message());
      // A missing element is undefined, but a missing slice is an error.
      default ->
          throw EvaluationFailure.of("a value of type " + object.typeName() + " has no slices");
    };
  }

  private static @Nullable Value ownAttribute(Value object, String name) {
    return switch (object) {
      case Value.Undefined undefined -> throw EvaluationFailure.of(undefined.message());
      case Value.Str(String text) -> StringMethods.find(text, name);
      case Value.Dict dict -> DictMethods.find(dict, name);
      case Value.Sequence sequence -> SequenceMethods.find(sequence, name);
      case Namespace namespace -> namespace.attributes().get(Value.of(name));
      case LoopState loop -> loop.attribute(name);
      default -> null;
    };
  }

  private static @Nullable Value ownItem(Value object, Value key) {
    return switch (object) {
      case Value.Undefined undefined -> throw EvaluationFailure.of(undefined.message());
      case Value.Dict dict -> dict.entries().get(key);
      case Value.Str(String text) when key instanceof Value.Integral index -> {
        int at = position(index.asLong(), Strings.length(text));
        yield at < 0 ? null : Value.of(Strings.slice(text, at, at + 1));
      }
      case Value.Sequence sequence when key instanceof Value.Integral index -> {
        int at = position(index.asLong(), sequence.items().size());
        yield at < 0 ? null : sequence.items().get(at);
      }
      default -> null;
    };
  }

  /**
   * {@return the index that {@code index}, which counts from the end if negative, means; -1 if
   * there is none}
   */
  private static int position(long index, int size) {
    long at = index < 0 ? index + size : index;
    return at >= 0 && at < size ? (int) at : -1;
  }

  private static Value.Undefined missing(Value object, Value key) {
    String owner = object instanceof Value.None ? "None" : object.typeName().concat(" object");
    return new Value.Undefined(
        key instanceof Value.Str(String name)
            ? "'" + owner + "' has no attribute '" + name + "'"
            : owner + " has no element " + PythonText.repr(key));
  }
}
