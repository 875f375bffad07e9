package org.mla4j.models.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.mla4j.models.TestData;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The reference outputs of single ops: {@code ops.json} and the tensors it names. */
public final class GoldenOps {
  private final JsonNode manifest;
  private final byte[] tensors;

  private GoldenOps(JsonNode manifest, byte[] tensors) {
    this.manifest = manifest;
    this.tensors = tensors;
  }

  public static GoldenOps open() {
    Path folder = TestData.golden("ops");
    try {
      JsonNode manifest = JsonMapper.shared().readTree(folder.resolve("ops.json").toFile());
      return new GoldenOps(manifest, Files.readAllBytes(folder.resolve("ops.bin")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public JsonNode op(String name) {
    return manifest.get("ops").get(name);
  }

  /** The shape of the tensor that a field of an op or a case names. */
  public long[] shape(JsonNode of, String field) {
    return entry(of, field).get("shape").valueStream().mapToLong(JsonNode::asLong).toArray();
  }

  /** Its bytes, whatever its type. */
  public byte[] bytes(JsonNode of, String field) {
    int offset = entry(of, field).get("offset").asInt();
    return Arrays.copyOfRange(tensors, offset, offset + entry(of, field).get("nbytes").asInt());
  }

  public float[] floats(JsonNode of, String field) {
    byte[] bytes = bytes(of, field);
    float[] values = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  private JsonNode entry(JsonNode of, String field) {
    return manifest.get("tensors").get(of.get(field).asString());
  }
}
