package org.mla4j.models.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The {@code loop} variable, and the cursor of the loop that it describes.
 *
 * <p>It reads ahead only when asked for {@code last}, {@code nextitem} or a length: the condition
 * of a filtered loop may depend on what the body has just assigned to a namespace.
 */
final class LoopState implements Value.Stateful {

  private final int depth;
  private final @Nullable UnaryOperator<Value> recursion;
  private Iterator<Value> source;
  private @Nullable Value before;
  private @Nullable Value current;
  private @Nullable Value after;
  private int index = -1;
  private int length = -1;
  private @Nullable List<Value> watched;

  /**
   * @param items what is iterated
   * @param depth how many loops of a recursive one are around this one
   * @param recursion renders the body for nested items, or null if the loop is not marked as
   *     recursive
   */
  LoopState(Iterator<Value> items, int depth, @Nullable UnaryOperator<Value> recursion) {
    this.source = items;
    this.depth = depth;
    this.recursion = recursion;
  }

  boolean hasNext() {
    return after != null || source.hasNext();
  }

  Value next() {
    Value next = after == null ? source.next() : after;
    after = null;
    before = current;
    current = next;
    index++;
    return next;
  }

  /** {@return the attribute called {@code name}, or null if there is none} */
  @Nullable Value attribute(String name) {
    return switch (name) {
      case "index" -> Value.of(index + 1);
      case "index0" -> Value.of(index);
      case "revindex" -> Value.of(length() - index);
      case "revindex0" -> Value.of(length() - index - 1);
      case "length" -> Value.of(length());
      case "first" -> Value.of(index == 0);
      case "last" -> Value.of(peek() == null);
      case "previtem" -> before == null ? new Value.Undefined("there is no previous item") : before;
      case "nextitem" -> {
        Value next = peek();
        yield next == null ? new Value.Undefined("there is no next item") : next;
      }
      case "depth" -> Value.of(depth + 1);
      case "depth0" -> Value.of(depth);
      case "cycle" -> new Value.Function("cycle", this::cycle);
      case "changed" -> new Value.Function("changed", this::changed);
      default -> null;
    };
  }

  /** Renders the body again, for the items of {@code nested}. */
  Value recurse(Value nested) {
    if (recursion == null) {
      throw EvaluationFailure.of("this loop calls itself but is not marked as recursive");
    }
    return recursion.apply(nested);
  }

  private @Nullable Value peek() {
    if (after == null && source.hasNext()) {
      after = source.next();
    }
    return after;
  }

  private int length() {
    if (length < 0) {
      List<Value> rest = new ArrayList<>();
      source.forEachRemaining(rest::add);
      source = rest.iterator();
      length = index + 1 + (after == null ? 0 : 1) + rest.size();
    }
    return length;
  }

  private Value cycle(Arguments arguments) {
    List<Value> values = arguments.positional();
    if (values.isEmpty()) {
      throw EvaluationFailure.of("cycle() needs at least one value");
    }
    return values.get(index % values.size());
  }

  private Value changed(Arguments arguments) {
    boolean changed = !arguments.positional().equals(watched);
    watched = arguments.positional();
    return Value.of(changed);
  }

  @Override
  public String typeName() {
    return "LoopContext";
  }

  @Override
  public String toString() {
    return "<LoopContext " + (index + 1) + "/" + length() + ">";
  }
}
