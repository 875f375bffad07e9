package org.mla4j.models.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/** Writes the parts of a GGUF file through a buffer, and knows where it is. */
final class GgufEncoder implements AutoCloseable {
  private static final int BUFFER_BYTES = 1 << 20;

  private final FileChannel channel;
  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private long flushed;

  /** The channel stays the caller's. */
  GgufEncoder(FileChannel channel) {
    this.channel = channel;
  }

  /** Refuses a value of a class that has no kind in the format. */
  static void requireKnown(String key, Object value) {
    boolean known =
        switch (value) {
          case String _, Boolean _, Integer _, Long _, Float _, Double _ -> true;
          case int[] _, float[] _, GgufMetadata.Stored _ -> true;
          case List<?> list -> list.stream().allMatch(String.class::isInstance);
          default -> false;
        };
    if (!known) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Metadata key '"
              + key
              + "' is a "
              + value.getClass().getName()
              + "; expected a String, Boolean, Integer, Long, Float, Double, List of strings, int[]"
              + " or float[].");
    }
  }

  /** The byte of the file that is written next. */
  long position() {
    return flushed + buffer.position();
  }

  void putInt(int value) throws IOException {
    reserve(Integer.BYTES).putInt(value);
  }

  void putLong(long value) throws IOException {
    reserve(Long.BYTES).putLong(value);
  }

  void putString(String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    putLong(bytes.length);
    putBytes(ByteBuffer.wrap(bytes));
  }

  void putBytes(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      reserve(1);
      int count = Math.min(bytes.remaining(), buffer.remaining());
      buffer.put(bytes.slice(bytes.position(), count));
      bytes.position(bytes.position() + count);
    }
  }

  /** Writes bytes however many there are. */
  void putBytes(MemorySegment bytes) throws IOException {
    for (long done = 0; done < bytes.byteSize(); done += BUFFER_BYTES) {
      long count = Math.min(BUFFER_BYTES, bytes.byteSize() - done);
      putBytes(bytes.asSlice(done, count).asByteBuffer());
    }
  }

  /** Writes the kind of a value, then the value. */
  void putValue(Object value) throws IOException {
    switch (value) {
      case String text -> {
        putKind(GgufValueType.STRING);
        putString(text);
      }
      case Boolean truth -> {
        putKind(GgufValueType.BOOL);
        reserve(1).put((byte) (truth ? 1 : 0));
      }
      case Integer number -> {
        putKind(number < 0 ? GgufValueType.INT32 : GgufValueType.UINT32);
        putInt(number);
      }
      case Long number -> {
        putKind(number < 0 ? GgufValueType.INT64 : GgufValueType.UINT64);
        putLong(number);
      }
      case Float number -> {
        putKind(GgufValueType.FLOAT32);
        putInt(Float.floatToRawIntBits(number));
      }
      case Double number -> {
        putKind(GgufValueType.FLOAT64);
        putLong(Double.doubleToRawLongBits(number));
      }
      case int[] numbers -> {
        putArray(GgufValueType.INT32, numbers.length);
        for (int number : numbers) {
          putInt(number);
        }
      }
      case float[] numbers -> {
        putArray(GgufValueType.FLOAT32, numbers.length);
        for (float number : numbers) {
          putInt(Float.floatToRawIntBits(number));
        }
      }
      case List<?> texts -> {
        putArray(GgufValueType.STRING, texts.size());
        for (Object text : texts) {
          putString((String) text);
        }
      }
      case GgufMetadata.Stored stored -> {
        if (stored.count() < 0) {
          putKind(stored.type());
        } else {
          putArray(stored.type(), stored.count());
        }
        putBytes(stored.bytes().asReadOnlyBuffer());
      }
      default -> throw new IllegalStateException("refused when it was added");
    }
  }

  private void putKind(GgufValueType type) throws IOException {
    putInt(type.number());
  }

  private void putArray(GgufValueType type, long count) throws IOException {
    putKind(GgufValueType.ARRAY);
    putKind(type);
    putLong(count);
  }

  /** Writes zeros up to a multiple of a number. */
  void pad(int alignment) throws IOException {
    while (position() % alignment != 0) {
      reserve(1).put((byte) 0);
    }
  }

  /** The buffer with room for some bytes. */
  private ByteBuffer reserve(int bytes) throws IOException {
    if (buffer.remaining() < bytes) {
      flush();
    }
    return buffer;
  }

  private void flush() throws IOException {
    buffer.flip();
    flushed += buffer.remaining();
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    buffer.clear();
  }

  @Override
  public void close() throws IOException {
    flush();
  }
}
