package org.mla4j.core.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reference outputs: a manifest, for example {@code ops.json}, and the tensors it names, beside it
 * in {@code ops.bin}.
 */
public final class GoldenFile {
  private final JsonNode manifest;
  private final ByteBuffer tensors;

  private GoldenFile(JsonNode manifest, ByteBuffer tensors) {
    this.manifest = manifest;
    this.tensors = tensors;
  }

  /** The reference outputs of single ops. */
  public static GoldenFile ops() {
    return open(Repository.root().resolve("testdata/golden/ops/ops.json"));
  }

  /** The reference outputs of a tiny checkpoint, for example {@code deepseek-v3-tiny}. */
  public static GoldenFile checkpoint(String folder) {
    return open(
        Repository.root().resolve("testdata/golden").resolve(folder).resolve("golden.json"));
  }

  public static GoldenFile open(Path json) {
    try {
      JsonNode manifest = JsonMapper.builder().build().readTree(Files.readString(json));
      Path bin = json.resolveSibling(manifest.get("bin").get("file").asString());
      return new GoldenFile(manifest, ByteBuffer.wrap(Files.readAllBytes(bin)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public JsonNode manifest() {
    return manifest;
  }

  /** What the manifest says of an op, beside its cases. */
  public JsonNode op(String name) {
    return manifest.get("ops").get(name);
  }

  public List<JsonNode> cases(String op) {
    return List.copyOf(op(op).get("cases").values());
  }

  /** The extents of the tensor that a field of a case names. */
  public int[] shape(JsonNode of, String field) {
    JsonNode extents = entry(of, field).get("shape");
    int[] shape = new int[extents.size()];
    for (int axis = 0; axis < shape.length; axis++) {
      shape[axis] = extents.get(axis).asInt();
    }
    return shape;
  }

  public float[] floats(JsonNode of, String field) {
    ByteBuffer bytes = bytesOf(of, field, "float32");
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  public double[] doubles(JsonNode of, String field) {
    ByteBuffer bytes = bytesOf(of, field, "float64");
    double[] values = new double[bytes.remaining() / Double.BYTES];
    bytes.asDoubleBuffer().get(values);
    return values;
  }

  /** Elements of int32 or uint32. */
  public int[] ints(JsonNode of, String field) {
    ByteBuffer bytes = bytesOf(of, field, "int32", "uint32");
    int[] values = new int[bytes.remaining() / Integer.BYTES];
    bytes.asIntBuffer().get(values);
    return values;
  }

  public long[] longs(JsonNode of, String field) {
    ByteBuffer bytes = bytesOf(of, field, "int64");
    long[] values = new long[bytes.remaining() / Long.BYTES];
    bytes.asLongBuffer().get(values);
    return values;
  }

  /** The bits of uint16. */
  public short[] shorts(JsonNode of, String field) {
    ByteBuffer bytes = bytesOf(of, field, "uint16");
    short[] values = new short[bytes.remaining() / Short.BYTES];
    bytes.asShortBuffer().get(values);
    return values;
  }

  public byte[] bytes(JsonNode of, String field) {
    ByteBuffer bytes = bytesOf(of, field, "uint8");
    byte[] values = new byte[bytes.remaining()];
    bytes.get(values);
    return values;
  }

  private ByteBuffer bytesOf(JsonNode of, String field, String... dtypes) {
    JsonNode entry = entry(of, field);
    String dtype = entry.get("dtype").asString();
    if (!List.of(dtypes).contains(dtype)) {
      throw new IllegalArgumentException(field + " is " + dtype + ", not " + List.of(dtypes));
    }
    return tensors
        .slice(entry.get("offset").asInt(), entry.get("nbytes").asInt())
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private JsonNode entry(JsonNode of, String field) {
    return manifest.get("tensors").get(of.get(field).asString());
  }
}
