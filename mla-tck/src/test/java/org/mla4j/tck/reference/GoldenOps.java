package org.mla4j.tck.reference;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The reference outputs of single ops in {@code testdata/golden/ops}. */
final class GoldenOps {
  private final JsonNode manifest;
  private final ByteBuffer tensors;

  private GoldenOps(JsonNode manifest, ByteBuffer tensors) {
    this.manifest = manifest;
    this.tensors = tensors;
  }

  static GoldenOps open() {
    Path folder =
        Path.of(System.getProperty("mla.repository", "..")).resolve("testdata/golden/ops");
    try {
      JsonNode manifest =
          JsonMapper.builder().build().readTree(Files.readString(folder.resolve("ops.json")));
      byte[] bytes = Files.readAllBytes(folder.resolve(manifest.get("bin").get("file").asString()));
      return new GoldenOps(manifest, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<JsonNode> cases(String op) {
    return List.copyOf(manifest.get("ops").get(op).get("cases").values());
  }

  int[] shape(JsonNode of, String field) {
    JsonNode extents = entry(of, field).get("shape");
    int[] shape = new int[extents.size()];
    for (int axis = 0; axis < shape.length; axis++) {
      shape[axis] = extents.get(axis).asInt();
    }
    return shape;
  }

  /** The elements of a tensor of any type, as numbers; unsigned where the type is. */
  double[] numbers(JsonNode of, String field) {
    JsonNode entry = entry(of, field);
    ByteBuffer bytes =
        tensors
            .slice(entry.get("offset").asInt(), entry.get("nbytes").asInt())
            .order(ByteOrder.LITTLE_ENDIAN);
    String dtype = entry.get("dtype").asString();
    int size =
        switch (dtype) {
          case "float64", "int64" -> 8;
          case "float32", "int32", "uint32" -> 4;
          case "uint16" -> 2;
          case "uint8" -> 1;
          default -> throw new IllegalArgumentException(dtype);
        };
    double[] numbers = new double[bytes.remaining() / size];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] =
          switch (dtype) {
            case "float64" -> bytes.getDouble(i * size);
            case "int64" -> bytes.getLong(i * size);
            case "float32" -> bytes.getFloat(i * size);
            case "int32" -> bytes.getInt(i * size);
            case "uint32" -> Integer.toUnsignedLong(bytes.getInt(i * size));
            case "uint16" -> bytes.getShort(i * size) & 0xFFFF;
            default -> bytes.get(i) & 0xFF;
          };
    }
    return numbers;
  }

  private JsonNode entry(JsonNode of, String field) {
    return manifest.get("tensors").get(of.get(field).asString());
  }
}
