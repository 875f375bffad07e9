package org.mla4j.models.template;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The variables of one block. Assignments stay in the innermost scope, so what a loop body sets is
 * gone in the next iteration; that is what templates use {@link Namespace} for.
 */
final class Scope {

  private final Map<String, Value> variables;
  private final @Nullable Scope outer;

  private Scope(Map<String, Value> variables, @Nullable Scope outer) {
    this.variables = variables;
    this.outer = outer;
  }

  static Scope of(Map<String, Value> variables) {
    return new Scope(new HashMap<>(variables), null);
  }

  Scope inner() {
    return new Scope(new HashMap<>(), this);
  }

  void set(String name, Value value) {
    variables.put(name, value);
  }

  Value get(String name) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      Value value = scope.variables.get(name);
      if (value != null) {
        return value;
      }
    }
    return Value.Undefined.variable(name);
  }
}
