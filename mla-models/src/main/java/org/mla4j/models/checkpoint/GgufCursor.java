package org.mla4j.models.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;

/**
 * Reads a GGUF file from front to back. No number in it is believed before the file is known to be
 * long enough for what the number promises.
 */
final class GgufCursor {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** What an array of ours can hold. */
  private static final int MAX_STRING_BYTES = Integer.MAX_VALUE - 8;

  /** What a decoder puts in the place of bytes that are no UTF-8. */
  private static final char REPLACEMENT = '\uFFFD';

  private final MappedFile file;
  private final MemorySegment segment;
  private long position;

  GgufCursor(MappedFile file, long position) {
    this.file = file;
    this.segment = file.segment();
    this.position = position;
  }

  /** The byte that is read next. */
  long position() {
    return position;
  }

  int readInt(String what) {
    return segment.get(INT, advance(Integer.BYTES, what));
  }

  long readLong(String what) {
    return segment.get(LONG, advance(Long.BYTES, what));
  }

  /** Reads an integer of any kind; of the unsigned ones, those beyond 63 bits come out negative. */
  long readInteger(GgufValueType type, String what) {
    long at = advance(type.leastBytes(), what);
    return switch (type) {
      case UINT8 -> segment.get(ValueLayout.JAVA_BYTE, at) & 0xFFL;
      case INT8 -> segment.get(ValueLayout.JAVA_BYTE, at);
      case UINT16 -> segment.get(SHORT, at) & 0xFFFFL;
      case INT16 -> segment.get(SHORT, at);
      case UINT32 -> segment.get(INT, at) & 0xFFFF_FFFFL;
      case INT32 -> segment.get(INT, at);
      case UINT64, INT64 -> segment.get(LONG, at);
      default -> throw new IllegalArgumentException(type + " is no integer");
    };
  }

  /**
   * Reads a number with a fraction. A binary32 counts for the shortest decimal that is read back as
   * it, since that is what was written: 1e-6 is meant, not 9.999999974752427e-7.
   */
  double readFloat(GgufValueType type, String what) {
    long at = advance(type.leastBytes(), what);
    return type == GgufValueType.FLOAT64
        ? Double.longBitsToDouble(segment.get(LONG, at))
        : Double.parseDouble(Float.toString(Float.intBitsToFloat(segment.get(INT, at))));
  }

  boolean readBoolean(String what) {
    long at = advance(1, what);
    byte value = segment.get(ValueLayout.JAVA_BYTE, at);
    if (value != 0 && value != 1) {
      throw malformed(at, what + " is " + (value & 0xFF), "0 or 1, a truth value");
    }
    return value == 1;
  }

  /**
   * Reads how many things follow.
   *
   * @param leastBytes what each of them needs at the least
   */
  long readCount(String what, int leastBytes) {
    long at = position;
    long count = readLong(what);
    long most = (segment.byteSize() - position) / leastBytes;
    // Unsigned: beyond 2^63 there are too many, not a negative number.
    if (Long.compareUnsigned(count, most) > 0) {
      throw malformed(
          at,
          what + " is " + Long.toUnsignedString(count),
          "at most " + most + ", since the file has " + segment.byteSize() + " bytes");
    }
    return count;
  }

  String readString(String what) {
    long length = readCount("the length of " + what, 1);
    long at = position;
    if (length > MAX_STRING_BYTES) {
      throw malformed(at, what + " has " + length + " bytes", "at most " + MAX_STRING_BYTES);
    }
    byte[] bytes = new byte[(int) length];
    MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, at, bytes, 0, bytes.length);
    position += length;
    String text = new String(bytes, StandardCharsets.UTF_8);
    if (text.indexOf(REPLACEMENT) < 0) {
      return text;
    }
    // Either the file has this very character, or bytes that were replaced by it.
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw malformed(at, what + " is no UTF-8", "text");
    }
  }

  /** Goes on to the byte after some values of one kind; of strings only the lengths are read. */
  void skip(GgufValueType type, long count, String what) {
    if (type != GgufValueType.STRING) {
      advance(Math.multiplyExact(count, (long) type.leastBytes()), what);
      return;
    }
    for (long i = 0; i < count; i++) {
      long length = readCount("the length of a string of " + what, 1);
      position += length;
    }
  }

  /** What is wrong at a byte; the file is named, too. */
  ModelException malformed(long at, String given, String expected) {
    return new ModelException(
        ErrorCode.MALFORMED_FILE,
        file.path() + ": at byte " + at + ", " + given + "; expected " + expected + ".");
  }

  private long advance(long bytes, String what) {
    long at = position;
    if (bytes > segment.byteSize() - at) {
      throw malformed(
          at,
          "the file ends within " + what,
          bytes + " more bytes in a file of " + segment.byteSize() + " bytes");
    }
    position += bytes;
    return at;
  }
}
