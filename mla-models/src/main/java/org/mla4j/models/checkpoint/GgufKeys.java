package org.mla4j.models.checkpoint;

import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.mla4j.api.error.ModelException;

/**
 * What the metadata of a GGUF file say of the model: the keys that begin with the name of its
 * architecture. Remembers which were asked for, since one that nobody asks for may change what the
 * model computes.
 */
final class GgufKeys {
  private final GgufMetadata metadata;
  private final String prefix;
  private final Set<String> read = new HashSet<>();

  GgufKeys(GgufMetadata metadata, String architecture) {
    this.metadata = metadata;
    this.prefix = architecture + ".";
  }

  /** All metadata, those about other things than the model included. */
  GgufMetadata metadata() {
    return metadata;
  }

  boolean has(String key) {
    return metadata.has(ask(key));
  }

  int positive(String key) {
    int value =
        integer(key)
            .orElseThrow(() -> metadata.refused(prefix + key, "missing", "a positive integer"));
    if (value <= 0) {
      throw refused(key, value, "a positive integer");
    }
    return value;
  }

  /** A number of things; 0 if it is not there. */
  int count(String key) {
    int value = integer(key).orElse(0);
    if (value < 0) {
      throw refused(key, value, "0 or more");
    }
    return value;
  }

  OptionalInt integer(String key) {
    OptionalLong value = metadata.integer(ask(key));
    if (value.isEmpty()) {
      return OptionalInt.empty();
    }
    if (value.getAsLong() != (int) value.getAsLong()) {
      throw refused(key, value.getAsLong(), "an integer of 32 bits");
    }
    return OptionalInt.of((int) value.getAsLong());
  }

  OptionalDouble number(String key) {
    OptionalDouble value = metadata.number(ask(key));
    if (value.isPresent() && !Double.isFinite(value.getAsDouble())) {
      throw refused(key, value.getAsDouble(), "a finite number");
    }
    return value;
  }

  Optional<String> string(String key) {
    return metadata.string(ask(key));
  }

  boolean bool(String key) {
    return metadata.bool(ask(key)).orElse(false);
  }

  /** Refuses a number, if it is there, unless it is one that changes nothing. */
  void requireNeutral(String key, double neutral) {
    OptionalDouble value = number(key);
    if (value.isPresent() && value.getAsDouble() != neutral) {
      throw refused(key, value.getAsDouble(), neutral + ", the only value that is supported");
    }
  }

  /** Refuses an integer, if it is there, unless it is the one that others imply. */
  void requireEqual(String key, int expected, String why) {
    OptionalInt value = integer(key);
    if (value.isPresent() && value.getAsInt() != expected) {
      throw refused(key, value.getAsInt(), why + " = " + expected);
    }
  }

  /** Counts keys as asked for that change nothing of what the model computes. */
  void ignore(String... keys) {
    for (String key : keys) {
      ask(key);
    }
  }

  /** Refuses a file with a key of the model that nobody asked for. */
  void requireAllRead() {
    for (String key : metadata.keys()) {
      if (key.startsWith(prefix) && !read.contains(key)) {
        throw metadata.refused(
            key, "there", "no such key, since what it says of the model would be left out");
      }
    }
  }

  ModelException refused(String key, Object given, String expected) {
    return metadata.refused(prefix + key, String.valueOf(given), expected);
  }

  private String ask(String key) {
    read.add(prefix + key);
    return prefix + key;
  }
}
