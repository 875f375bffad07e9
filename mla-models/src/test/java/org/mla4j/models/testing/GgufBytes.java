package org.mla4j.models.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Puts GGUF files together part by part, sound ones and others. */
public final class GgufBytes {
  private static final int ALIGNMENT = 32;

  private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();
  private final ByteArrayOutputStream tensors = new ByteArrayOutputStream();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private int version = 3;
  private long keys;
  private long names;

  public GgufBytes version(int number) {
    version = number;
    return this;
  }

  /** Adds a value of a kind, given as the bytes that follow the kind. */
  public GgufBytes raw(String key, int kind, byte[] value) {
    metadata.writeBytes(string(key));
    metadata.writeBytes(ints(kind));
    metadata.writeBytes(value);
    keys++;
    return this;
  }

  public GgufBytes text(String key, String value) {
    return raw(key, 8, string(value));
  }

  /** Adds an unsigned integer of 32 bits. */
  public GgufBytes number(String key, int value) {
    return raw(key, 4, ints(value));
  }

  public GgufBytes fraction(String key, float value) {
    return raw(key, 6, ints(Float.floatToRawIntBits(value)));
  }

  /** Adds an unsigned integer of 16 bits, as those about split files are. */
  public GgufBytes small(String key, int value) {
    return raw(key, 2, little(2).putShort((short) value).array());
  }

  public GgufBytes truth(String key, int value) {
    return raw(key, 7, new byte[] {(byte) value});
  }

  /** Adds an array, given as the bytes of its elements. */
  public GgufBytes array(String key, int kind, long count, byte[]... elements) {
    ByteArrayOutputStream value = new ByteArrayOutputStream();
    value.writeBytes(ints(kind));
    value.writeBytes(longs(count));
    for (byte[] element : elements) {
      value.writeBytes(element);
    }
    return raw(key, 9, value.toByteArray());
  }

  /** Adds a tensor behind the others; its innermost extent comes first, as in the file. */
  public GgufBytes tensor(String name, int type, byte[] elements, long... extents) {
    while (data.size() % ALIGNMENT != 0) {
      data.write(0);
    }
    return tensor(name, type, data.size(), elements, extents);
  }

  /** Adds a tensor that claims to be at any offset. */
  public GgufBytes tensor(String name, int type, long offset, byte[] elements, long... extents) {
    tensors.writeBytes(string(name));
    tensors.writeBytes(ints(extents.length));
    tensors.writeBytes(longs(extents));
    tensors.writeBytes(ints(type));
    tensors.writeBytes(longs(offset));
    data.writeBytes(elements);
    names++;
    return this;
  }

  /** Adds a tensor of type F32. */
  public GgufBytes floats(String name, float[] values, long... extents) {
    ByteBuffer bytes = little(Float.BYTES * values.length);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return tensor(name, 0, bytes.array(), extents);
  }

  /** The file. */
  public byte[] bytes() {
    return bytes(names, keys);
  }

  /** The file, with any claims about how much there is in it. */
  public byte[] bytes(long claimedTensors, long claimedKeys) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    file.writeBytes(ints(version));
    file.writeBytes(longs(claimedTensors, claimedKeys));
    file.writeBytes(metadata.toByteArray());
    file.writeBytes(tensors.toByteArray());
    while (file.size() % ALIGNMENT != 0) {
      file.write(0);
    }
    file.writeBytes(data.toByteArray());
    return file.toByteArray();
  }

  /** Writes the file. */
  public Path write(Path file) {
    return write(file, bytes());
  }

  /** Writes any bytes. */
  public static Path write(Path file, byte[] bytes) {
    try {
      return Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A length and the bytes of a text. */
  public static byte[] string(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return little(Long.BYTES + bytes.length).putLong(bytes.length).put(bytes).array();
  }

  public static byte[] ints(int... values) {
    ByteBuffer bytes = little(Integer.BYTES * values.length);
    for (int value : values) {
      bytes.putInt(value);
    }
    return bytes.array();
  }

  public static byte[] longs(long... values) {
    ByteBuffer bytes = little(Long.BYTES * values.length);
    for (long value : values) {
      bytes.putLong(value);
    }
    return bytes.array();
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
