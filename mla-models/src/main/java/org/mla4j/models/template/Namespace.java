package org.mla4j.models.template;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The result of {@code namespace()}: the one value whose attributes a template can assign, also
 * from inside a loop.
 */
final class Namespace implements Value.Stateful {

  private final Map<Value, Value> attributes;

  Namespace(Map<Value, Value> attributes) {
    this.attributes = new LinkedHashMap<>(attributes);
  }

  Map<Value, Value> attributes() {
    return attributes;
  }

  void set(String name, Value value) {
    attributes.put(Value.of(name), value);
  }

  @Override
  public String typeName() {
    return "Namespace";
  }
}
