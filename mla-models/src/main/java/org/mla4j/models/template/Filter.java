package org.mla4j.models.template;

/** What stands behind a bar: {@code input|name(arguments)}. */
@FunctionalInterface
interface Filter {
  Value apply(Value input, Arguments arguments);
}
