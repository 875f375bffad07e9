package org.mla4j.models.template;

import java.util.Iterator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A sequence that is computed while it is read, and can be read once: what {@code map}, {@code
 * select} and their relatives return. It has no length, it is always true, and it does not print;
 * templates put {@code |list} behind it.
 *
 * <p>Nothing happens before it is read, so one that nobody reads never fails.
 */
final class Generator implements Value.Stateful {

  private final Supplier<Iterator<Value>> start;
  private @Nullable Iterator<Value> items;

  Generator(Supplier<Iterator<Value>> start) {
    this.start = start;
  }

  Iterator<Value> items() {
    Iterator<Value> started = items;
    if (started == null) {
      started = start.get();
      items = started;
    }
    return started;
  }

  @Override
  public String typeName() {
    return "generator";
  }
}
