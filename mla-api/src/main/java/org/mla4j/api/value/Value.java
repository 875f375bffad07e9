package org.mla4j.api.value;

/**
 * What flows between the ops of a plan. Values are compared by content; their names are unique in a
 * plan.
 */
public sealed interface Value permits StepValue, CacheValue, InputValue {
  /**
   * Returns the name.
   *
   * @return unique in a plan, for example {@code layers.0.attn.q}
   */
  String name();
}
