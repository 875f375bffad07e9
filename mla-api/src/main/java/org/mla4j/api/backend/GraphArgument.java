package org.mla4j.api.backend;

import java.util.function.LongSupplier;

/**
 * Something a captured graph depends on.
 *
 * @param name what it is, for example {@code address of layers.0.attn.cache}
 * @param binding whether the graph keeps its value of when it was captured
 * @param value reads its value of now, without allocating: an address, a count, or the bits of a
 *     number; used of baked arguments only
 */
public record GraphArgument(String name, Binding binding, LongSupplier value) {
  /** When the value of an argument is taken. */
  public enum Binding {
    /** When the graph is captured; it must not change afterwards, and the engine makes sure. */
    BAKED,
    /** Before each replay, by {@link Graph#update}. */
    REFRESHED
  }

  /**
   * Declares an argument that must not change.
   *
   * @param name what it is
   * @param value reads its value of now
   * @return the argument
   */
  public static GraphArgument baked(String name, LongSupplier value) {
    return new GraphArgument(name, Binding.BAKED, value);
  }

  /**
   * Declares an argument that may change from replay to replay.
   *
   * @param name what it is
   * @return the argument
   */
  public static GraphArgument refreshed(String name) {
    return new GraphArgument(name, Binding.REFRESHED, () -> 0);
  }
}
