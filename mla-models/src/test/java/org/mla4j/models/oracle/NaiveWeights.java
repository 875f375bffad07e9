package org.mla4j.models.oracle;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The tensors of all safetensors files in a folder, widened to binary64. */
final class NaiveWeights {
  private static final int BLOCK = 128;

  private final Map<String, Stored> tensors = new HashMap<>();
  private final Map<String, double[]> widened = new HashMap<>();

  private record Stored(String dtype, int[] shape, ByteBuffer bytes) {
    double[] values() {
      int width =
          switch (dtype) {
            case "F32" -> 4;
            case "F16", "BF16" -> 2;
            default -> 1;
          };
      double[] values = new double[bytes.remaining() / width];
      for (int i = 0; i < values.length; i++) {
        values[i] =
            switch (dtype) {
              case "F32" -> bytes.getFloat(4 * i);
              case "BF16" -> Float.intBitsToFloat(bytes.getShort(2 * i) << 16);
              case "F16" -> small(bytes.getShort(2 * i) & 0xFFFF, 5, 10);
              case "F8_E4M3" -> small(bytes.get(i) & 0xFF, 4, 3);
              case "F8_E8M0" -> Math.pow(2, (bytes.get(i) & 0xFF) - 127);
              default -> throw new IllegalArgumentException(dtype);
            };
      }
      return values;
    }

    /** A finite float of a sign, some exponent bits and some mantissa bits. */
    private static double small(int bits, int exponentBits, int mantissaBits) {
      int bias = (1 << (exponentBits - 1)) - 1;
      int exponent = (bits >> mantissaBits) & ((1 << exponentBits) - 1);
      double mantissa = (bits & ((1 << mantissaBits) - 1)) * Math.pow(2, -mantissaBits);
      double magnitude =
          exponent == 0
              ? mantissa * Math.pow(2, 1 - bias)
              : (1 + mantissa) * Math.pow(2, exponent - bias);
      return bits >> (exponentBits + mantissaBits) == 0 ? magnitude : -magnitude;
    }
  }

  static NaiveWeights read(Path folder) {
    NaiveWeights weights = new NaiveWeights();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.safetensors")) {
      for (Path file : files) {
        weights.add(ByteBuffer.wrap(Files.readAllBytes(file)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return weights;
  }

  boolean has(String name) {
    return tensors.containsKey(name);
  }

  /** A tensor, row-major; only to be read. */
  double[] get(String name) {
    return widened.computeIfAbsent(name, this::widen);
  }

  /** {@code x} through a projection with the bias that the file has for it, if any. */
  double[] project(String module, double[] x) {
    return NaiveMath.linear(get(module + ".weight"), bias(module), x);
  }

  private double @Nullable [] bias(String module) {
    return has(module + ".bias") ? get(module + ".bias") : null;
  }

  private double[] widen(String name) {
    Stored stored = tensors.get(name);
    if (stored == null) {
      throw new NoSuchElementException(name);
    }
    double[] values = stored.values();
    Stored scales = tensors.get(name + "_scale_inv");
    if (scales != null) {
      double[] factors = scales.values();
      int columns = stored.shape()[1];
      for (int i = 0; i < values.length; i++) {
        values[i] *= factors[i / columns / BLOCK * scales.shape()[1] + i % columns / BLOCK];
      }
    }
    return values;
  }

  private void add(ByteBuffer file) {
    file.order(ByteOrder.LITTLE_ENDIAN);
    int length = (int) file.getLong(0);
    String header = new String(file.array(), Long.BYTES, length, StandardCharsets.UTF_8);
    for (Map.Entry<String, JsonNode> entry : JsonMapper.shared().readTree(header).properties()) {
      JsonNode node = entry.getValue();
      if (node.has("dtype")) {
        int begin = node.get("data_offsets").get(0).asInt();
        int end = node.get("data_offsets").get(1).asInt();
        tensors.put(
            entry.getKey(),
            new Stored(
                node.get("dtype").asString(),
                node.get("shape").valueStream().mapToInt(JsonNode::asInt).toArray(),
                file.slice(Long.BYTES + length + begin, end - begin)
                    .order(ByteOrder.LITTLE_ENDIAN)));
      }
    }
  }
}
