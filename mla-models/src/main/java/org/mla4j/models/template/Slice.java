package org.mla4j.models.template;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The indices that a slice of something of a known size visits.
 *
 * @param first the first index
 * @param end the first index that is not visited any more, -1 if the walk goes back to the start
 * @param step the distance, negative to go backwards
 */
record Slice(int first, int end, int step) {

  /**
   * {@return the indices that the bounds of {@code [start:stop:step]} mean; null is a bound that
   * was left out}
   */
  static Slice of(int size, @Nullable Value start, @Nullable Value stop, @Nullable Value step) {
    long distance = bound(step).orElse(1);
    if (distance == 0) {
      throw EvaluationFailure.of("the step of a slice cannot be zero");
    }
    boolean forward = distance > 0;
    int lowest = forward ? 0 : -1;
    int highest = forward ? size : size - 1;
    OptionalLong from = bound(start);
    OptionalLong to = bound(stop);
    return new Slice(
        from.isPresent() ? clamp(from.getAsLong(), size, lowest, highest) : forward ? 0 : highest,
        to.isPresent() ? clamp(to.getAsLong(), size, lowest, highest) : forward ? size : -1,
        Math.clamp(distance, -size - 1, size + 1));
  }

  List<Value> from(List<Value> items) {
    if (step == 1) {
      return items.subList(first, Math.max(first, end));
    }
    List<Value> visited = new ArrayList<>();
    for (int i = first; step > 0 ? i < end : i > end; i += step) {
      visited.add(items.get(i));
    }
    return visited;
  }

  Value from(Value.Range range) {
    return Globals.range(
        range.start() + first * range.step(),
        range.start() + end * range.step(),
        range.step() * step);
  }

  private static int clamp(long index, int size, int lowest, int highest) {
    return Math.clamp(index < 0 ? index + size : index, lowest, highest);
  }

  private static OptionalLong bound(@Nullable Value bound) {
    return switch (bound) {
      case null -> OptionalLong.empty();
      case Value.None _ -> OptionalLong.empty();
      case Value.Integral integral -> OptionalLong.of(integral.asLong());
      case Value.Undefined undefined -> throw EvaluationFailure.of(undefined.message());
      default ->
          throw EvaluationFailure.of(
              "the bounds of a slice are integers, not values of type " + bound.typeName());
    };
  }
}
