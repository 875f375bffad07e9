package org.mla4j.models.tokenizer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Writes GGUF files that have metadata and no tensors. */
final class MetadataFile {
  private static final int MAGIC = 0x46554747;
  private static final int VERSION = 3;
  private static final int UINT32 = 4;
  private static final int INT32 = 5;
  private static final int FLOAT32 = 6;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  private MetadataFile() {}

  /** Takes values of the kinds that {@link GgufVocabulary#metadata} returns. */
  static Path write(Path path, Map<String, Object> values) {
    MetadataFile file = new MetadataFile();
    file.putInt(MAGIC);
    file.putInt(VERSION);
    file.putLong(0);
    file.putLong(values.size());
    values.forEach(file::put);
    try {
      return Files.write(path, file.bytes.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void put(String key, Object value) {
    putString(key);
    switch (value) {
      case Integer number -> {
        putInt(UINT32);
        putInt(number);
      }
      case Boolean flag -> {
        putInt(BOOL);
        bytes.write(flag ? 1 : 0);
      }
      case String text -> {
        putInt(STRING);
        putString(text);
      }
      case int[] numbers -> {
        putArray(INT32, numbers.length);
        for (int number : numbers) {
          putInt(number);
        }
      }
      case float[] numbers -> {
        putArray(FLOAT32, numbers.length);
        for (float number : numbers) {
          putInt(Float.floatToRawIntBits(number));
        }
      }
      case List<?> texts -> {
        putArray(STRING, texts.size());
        texts.forEach(text -> putString((String) text));
      }
      default -> throw new IllegalArgumentException(key + ": " + value.getClass());
    }
  }

  private void putArray(int type, int length) {
    putInt(ARRAY);
    putInt(type);
    putLong(length);
  }

  private void putString(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    putLong(utf8.length);
    bytes.writeBytes(utf8);
  }

  private void putInt(int value) {
    bytes.writeBytes(
        ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
  }

  private void putLong(long value) {
    bytes.writeBytes(
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }
}
