package org.mla4j.models.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Writes safetensors files, sound ones tensor by tensor and broken ones byte by byte. */
public final class SafetensorsFile {
  private final StringBuilder header = new StringBuilder();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();

  /** Adds a tensor behind the others. */
  public SafetensorsFile tensor(String name, String dtype, byte[] bytes, long... shape) {
    header.append(header.isEmpty() ? "" : ",");
    header.append(
        "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
            .formatted(
                name, dtype, Arrays.toString(shape), data.size(), data.size() + bytes.length));
    data.writeBytes(bytes);
    return this;
  }

  /** Adds a tensor of type F32. */
  public SafetensorsFile floats(String name, float[] values, long... shape) {
    ByteBuffer bytes = little(Float.BYTES * values.length);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return tensor(name, "F32", bytes.array(), shape);
  }

  /** Writes the file. */
  public Path write(Path file) {
    return write(file, "{" + header + "}", data.toByteArray());
  }

  /** Writes a file with any header and any data. */
  public static Path write(Path file, String header, byte[] data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return writeRaw(file, json.length, json, data);
  }

  /** Writes a file that claims any length for its header. */
  public static Path writeRaw(Path file, long headerLength, byte[] header, byte[] data) {
    ByteBuffer bytes = little(Long.BYTES + header.length + data.length);
    bytes.putLong(headerLength).put(header).put(data);
    try {
      return Files.write(file, bytes.array());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
