package org.mla4j.models.template;

import java.util.Iterator;

/**
 * A sequence that is computed while it is read, and can be read once: what {@code map}, {@code
 * select} and their relatives return. It has no length, it is always true, and it does not print;
 * templates put {@code |list} behind it.
 */
final class Generator implements Value.Stateful {

  private final Iterator<Value> items;

  Generator(Iterator<Value> items) {
    this.items = items;
  }

  Iterator<Value> items() {
    return items;
  }

  @Override
  public String typeName() {
    return "generator";
  }
}
