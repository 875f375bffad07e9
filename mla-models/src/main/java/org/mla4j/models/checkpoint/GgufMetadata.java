package org.mla4j.models.checkpoint;

import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;

/**
 * What a GGUF file says besides its tensors: values by key, such as {@code tokenizer.ggml.tokens}.
 * Values are decoded from the mapped file each time they are asked for.
 *
 * <p>Each getter refuses a value of another kind than it returns, naming file, key, kind and byte.
 * Threading: safe to share. After the {@link GgufFile} was closed, getters refuse.
 */
public final class GgufMetadata {
  /**
   * Where a value lies.
   *
   * @param type of the value; of the elements of an array
   * @param count how many there are; -1 unless it is an array
   * @param position the byte of the first
   * @param end the byte after the last
   */
  record Place(GgufValueType type, long count, long position, long end) {
    boolean isArray() {
      return count >= 0;
    }

    @Override
    public String toString() {
      return isArray() ? "an array of " + count + " " + type : type.toString();
    }
  }

  /**
   * A value as it is stored, to be written to another file.
   *
   * @param type of the value; of the elements of an array
   * @param count how many there are; -1 unless it is an array
   * @param bytes as they are in the file, lengths of strings included
   */
  record Stored(GgufValueType type, long count, ByteBuffer bytes) {}

  /** What an array of ours can hold. */
  private static final int MAX_LENGTH = Integer.MAX_VALUE - 8;

  private final MappedFile file;
  private final Map<String, Place> places;

  private GgufMetadata(MappedFile file, Map<String, Place> places) {
    this.file = file;
    this.places = places;
  }

  /** Finds the values, of which there are as many as said; reads none of them. */
  static GgufMetadata read(MappedFile file, GgufCursor cursor, long count) {
    Map<String, Place> places = new LinkedHashMap<>();
    for (long i = 0; i < count; i++) {
      long at = cursor.position();
      String key = cursor.readString("a metadata key");
      String what = "the value of metadata key '" + Excerpt.of(key) + "'";
      GgufValueType type = type(cursor, what);
      Place place;
      if (type == GgufValueType.ARRAY) {
        GgufValueType element = type(cursor, "an element of " + what);
        if (element == GgufValueType.ARRAY) {
          throw cursor.malformed(at, what + " is an array of arrays", "no array within another");
        }
        long length = cursor.readCount("the length of " + what, element.leastBytes());
        if (length > MAX_LENGTH) {
          throw cursor.malformed(
              at, "the length of " + what + " is " + length, "at most " + MAX_LENGTH);
        }
        long start = cursor.position();
        cursor.skip(element, length, what);
        place = new Place(element, length, start, cursor.position());
      } else {
        long start = cursor.position();
        cursor.skip(type, 1, what);
        place = new Place(type, -1, start, cursor.position());
      }
      if (places.put(key, place) != null) {
        throw cursor.malformed(
            at, "metadata key '" + Excerpt.of(key) + "' is there again", "each key once");
      }
    }
    return new GgufMetadata(file, places);
  }

  private static GgufValueType type(GgufCursor cursor, String what) {
    long at = cursor.position();
    int number = cursor.readInt("the kind of " + what);
    return GgufValueType.of(number)
        .orElseThrow(() ->
            cursor.malformed(
                at,
                "the kind of " + what + " is " + Integer.toUnsignedString(number),
                "a number from 0 to " + GgufValueType.MAX_NUMBER));
  }

  /**
   * Returns the file.
   *
   * @return the file that holds the values, of a model in several files the first
   */
  public Path file() {
    return file.path();
  }

  /**
   * Returns all keys.
   *
   * @return in the order of the file
   */
  public Set<String> keys() {
    return Collections.unmodifiableSet(places.keySet());
  }

  /**
   * Tells whether a key is there.
   *
   * @param key the key
   * @return true if so
   */
  public boolean has(String key) {
    return places.containsKey(key);
  }

  /**
   * Returns a string if it is there.
   *
   * @param key its key
   * @return its value
   * @throws ModelException if it is no string, or no UTF-8
   */
  public Optional<String> string(String key) {
    Place place = scalar(key, "a string");
    if (place == null) {
      return Optional.empty();
    }
    if (place.type() != GgufValueType.STRING) {
      throw refused(key, place.toString(), "a string");
    }
    return Optional.of(decode(key, place, cursor -> cursor.readString(name(key))));
  }

  /**
   * Returns a list of strings.
   *
   * @param key its key
   * @return its values; empty if it is not there
   * @throws ModelException if it is no array of strings, or one of them is no UTF-8
   */
  public List<String> strings(String key) {
    Place place = array(key, "an array of strings", GgufValueType.STRING);
    if (place == null) {
      return List.of();
    }
    return decode(
        key,
        place,
        cursor -> {
          List<String> all = new ArrayList<>(Math.toIntExact(place.count()));
          for (long i = 0; i < place.count(); i++) {
            all.add(cursor.readString(name(key)));
          }
          return Collections.unmodifiableList(all);
        });
  }

  /**
   * Returns an integer if it is there.
   *
   * @param key its key
   * @return its value
   * @throws ModelException if it is no integer, or beyond 63 bits
   */
  public OptionalLong integer(String key) {
    Place place = scalar(key, "an integer");
    if (place == null) {
      return OptionalLong.empty();
    }
    if (!place.type().isInteger()) {
      throw refused(key, place.toString(), "an integer");
    }
    long value = decode(key, place, cursor -> cursor.readInteger(place.type(), name(key)));
    if (value < 0 && place.type() == GgufValueType.UINT64) {
      throw refused(key, Long.toUnsignedString(value), "an integer of 63 bits");
    }
    return OptionalLong.of(value);
  }

  /**
   * Returns a list of integers.
   *
   * @param key its key
   * @return its values; empty if it is not there
   * @throws ModelException if it is no array of integers, or one of them is beyond 32 bits
   */
  public int[] ints(String key) {
    Place place = places.get(key);
    if (place == null) {
      return new int[0];
    }
    if (!place.isArray() || !place.type().isInteger()) {
      throw refused(key, place.toString(), "an array of integers");
    }
    return decode(
        key,
        place,
        cursor -> {
          int[] all = new int[Math.toIntExact(place.count())];
          for (int i = 0; i < all.length; i++) {
            long value = cursor.readInteger(place.type(), name(key));
            if (value != (int) value) {
              throw refused(key, value + " at index " + i, "integers of 32 bits");
            }
            all[i] = (int) value;
          }
          return all;
        });
  }

  /**
   * Returns a number if it is there. One that is stored in 32 bits comes as the shortest decimal
   * that is rounded to it: 0.1, not 0.10000000149.
   *
   * @param key its key
   * @return its value
   * @throws ModelException if it is neither a floating-point number nor an integer
   */
  public OptionalDouble number(String key) {
    Place place = scalar(key, "a number");
    if (place == null) {
      return OptionalDouble.empty();
    }
    if (place.type().isInteger()) {
      return OptionalDouble.of((double) integer(key).orElseThrow());
    }
    if (!place.type().isFloat()) {
      throw refused(key, place.toString(), "a number");
    }
    return OptionalDouble.of(
        decode(key, place, cursor -> cursor.readFloat(place.type(), name(key))));
  }

  /**
   * Returns a list of numbers.
   *
   * @param key its key
   * @return its values; empty if it is not there
   * @throws ModelException if it is no array of floating-point numbers of 32 bits
   */
  public float[] floats(String key) {
    Place place = array(key, "an array of FLOAT32", GgufValueType.FLOAT32);
    if (place == null) {
      return new float[0];
    }
    return decode(
        key,
        place,
        cursor -> {
          float[] all = new float[Math.toIntExact(place.count())];
          for (int i = 0; i < all.length; i++) {
            all[i] = Float.intBitsToFloat(cursor.readInt(name(key)));
          }
          return all;
        });
  }

  /**
   * Returns a truth value if it is there.
   *
   * @param key its key
   * @return its value
   * @throws ModelException if it is neither true nor false
   */
  public Optional<Boolean> bool(String key) {
    Place place = scalar(key, "true or false");
    if (place == null) {
      return Optional.empty();
    }
    if (place.type() != GgufValueType.BOOL) {
      throw refused(key, place.toString(), "true or false");
    }
    return Optional.of(decode(key, place, cursor -> cursor.readBoolean(name(key))));
  }

  /**
   * Returns an exception that says what is wrong with a value.
   *
   * @param key its key
   * @param given what was given
   * @param expected what was expected
   * @return the exception, to be thrown
   */
  public ModelException refused(String key, String given, String expected) {
    Place place = places.get(key);
    return new ModelException(
        ErrorCode.MALFORMED_FILE,
        file.path()
            + ": "
            + name(key)
            + " is "
            + Excerpt.of(given)
            + (place == null ? "" : " at byte " + place.position())
            + "; expected "
            + expected
            + ".");
  }

  /** A copy of a value that is there, which outlives the file. */
  Stored stored(String key) {
    Place place = Objects.requireNonNull(places.get(key), key);
    file.hold(name(key));
    try {
      byte[] copy =
          file.segment()
              .asSlice(place.position(), place.end() - place.position())
              .toArray(ValueLayout.JAVA_BYTE);
      return new Stored(place.type(), place.count(), ByteBuffer.wrap(copy));
    } finally {
      file.release();
    }
  }

  private static String name(String key) {
    return "metadata key '" + Excerpt.of(key) + "'";
  }

  private @Nullable Place scalar(String key, String expected) {
    Place place = places.get(key);
    if (place != null && place.isArray()) {
      throw refused(key, place.toString(), expected);
    }
    return place;
  }

  private @Nullable Place array(String key, String expected, GgufValueType type) {
    Place place = places.get(key);
    if (place != null && (!place.isArray() || place.type() != type)) {
      throw refused(key, place.toString(), expected);
    }
    return place;
  }

  private <T> T decode(String key, Place place, Function<GgufCursor, T> reader) {
    file.hold(name(key));
    try {
      return reader.apply(new GgufCursor(file, place.position()));
    } finally {
      file.release();
    }
  }
}
