package org.mla4j.models.template;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a template computes with: the part of Python's object model that Jinja shows.
 *
 * <p>{@link Object#equals} is Python's {@code ==}, so {@code 1}, {@code 1.0} and {@code true} are
 * equal and are the same dictionary key. Values are immutable, as in the sandbox that templates are
 * written for, except the three that exist to hold state: {@link Namespace}, {@link Generator} and
 * {@link LoopState}.
 */
sealed interface Value {

  Value NONE = new None();
  Value TRUE = new Bool(true);
  Value FALSE = new Bool(false);
  Value EMPTY = new Str("");

  static Value of(boolean value) {
    return value ? TRUE : FALSE;
  }

  static Value of(long value) {
    return new Int(value);
  }

  static Value of(double value) {
    return new Real(value);
  }

  static Value of(String value) {
    return new Str(value);
  }

  /** {@return the name of the Python type, for messages} */
  String typeName();

  /** {@code None}. */
  record None() implements Value {
    @Override
    public String typeName() {
      return "NoneType";
    }
  }

  /** Values that take part in arithmetic. */
  sealed interface Numeric extends Value {
    double asDouble();
  }

  /** Values that Python counts among its integers. */
  sealed interface Integral extends Numeric {
    long asLong();
  }

  /** {@code True} or {@code False}. */
  record Bool(boolean value) implements Integral {
    @Override
    public String typeName() {
      return "bool";
    }

    @Override
    public long asLong() {
      return value ? 1 : 0;
    }

    @Override
    public double asDouble() {
      return asLong();
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Numeric number && Numbers.same(this, number);
    }

    @Override
    public int hashCode() {
      return Numbers.hash(this);
    }
  }

  /** An integer; one that does not fit in 64 bits is an error where Python would go on. */
  record Int(long value) implements Integral {
    @Override
    public String typeName() {
      return "int";
    }

    @Override
    public long asLong() {
      return value;
    }

    @Override
    public double asDouble() {
      return value;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Numeric number && Numbers.same(this, number);
    }

    @Override
    public int hashCode() {
      return Numbers.hash(this);
    }
  }

  /** A floating-point number. */
  record Real(double value) implements Numeric {
    @Override
    public String typeName() {
      return "float";
    }

    @Override
    public double asDouble() {
      return value;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Numeric number && Numbers.same(this, number);
    }

    @Override
    public int hashCode() {
      return Numbers.hash(this);
    }
  }

  /** A string; its length and its indices count code points. */
  record Str(String text) implements Value {
    @Override
    public String typeName() {
      return "str";
    }
  }

  /** Values with a size and an order. */
  sealed interface Sequence extends Value {
    List<Value> items();
  }

  /** A list. */
  record ListOf(List<Value> items) implements Sequence {
    @Override
    public String typeName() {
      return "list";
    }
  }

  /** A tuple; differs from a list in how it prints and in that the two are never equal. */
  record Tuple(List<Value> items) implements Sequence {
    static Tuple of(Value... items) {
      return new Tuple(List.of(items));
    }

    @Override
    public String typeName() {
      return "tuple";
    }
  }

  /** The result of {@code range()}. */
  record Range(long start, long stop, long step, List<Value> items) implements Sequence {
    @Override
    public String typeName() {
      return "range";
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Range range && items.equals(range.items);
    }

    @Override
    public int hashCode() {
      return items.hashCode();
    }
  }

  /** A dictionary, in insertion order. */
  record Dict(Map<Value, Value> entries) implements Value {
    @Override
    public String typeName() {
      return "dict";
    }
  }

  /**
   * What {@code keys()}, {@code values()} and {@code items()} return: it has a size but no indices.
   */
  record View(String typeName, List<Value> items) implements Value {}

  /**
   * The value of what does not exist. It prints as nothing, is false and empty, and fails with its
   * message in every other use. All of them are equal.
   */
  record Undefined(String message) implements Value {
    static Undefined variable(String name) {
      return new Undefined("'" + name + "' is undefined");
    }

    @Override
    public String typeName() {
      return "Undefined";
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Undefined;
    }

    @Override
    public int hashCode() {
      return 0;
    }
  }

  /** Something that can be called. */
  record Function(String name, Body body) implements Value {

    /** What runs when a function is called. */
    @FunctionalInterface
    interface Body {
      Value call(Arguments arguments);
    }

    @Override
    public String typeName() {
      return "function";
    }
  }

  /** A mutable value, declared in a file of its own. */
  sealed interface Stateful extends Value permits Generator, LoopState, Namespace {}
}
