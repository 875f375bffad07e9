package org.mla4j.models.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.Shape;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The header of a safetensors file: eight bytes of length, then JSON that names each tensor's type,
 * shape and byte range.
 *
 * <p>Nothing is believed: the length must fit the file, every range must lie in it, match type and
 * shape, and overlap no other. Nothing larger than the file is ever allocated.
 */
final class SafetensorsHeader {
  private static final int LENGTH_BYTES = 8;
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private SafetensorsHeader() {}

  /** Where a tensor lies in its file. */
  record Entry(String name, StoredDType dtype, Shape shape, long offset, long bytes) {}

  static Map<String, Entry> read(MappedFile file) {
    Path path = file.path();
    if (file.byteSize() < LENGTH_BYTES) {
      throw malformed(
          path,
          "the file has "
              + file.byteSize()
              + " bytes; expected at least the 8 of the header's length");
    }
    long length = file.segment().get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
    if (length < 0 || length > file.byteSize() - LENGTH_BYTES) {
      throw malformed(
          path,
          "the header's length is "
              + Long.toUnsignedString(length)
              + " bytes; expected at most "
              + (file.byteSize() - LENGTH_BYTES)
              + ", what is left of the file");
    }
    byte[] json = new byte[Math.toIntExact(length)];
    MemorySegment.copy(file.segment(), ValueLayout.JAVA_BYTE, LENGTH_BYTES, json, 0, json.length);
    JsonNode header;
    try {
      header = JSON.readTree(json);
    } catch (JacksonException e) {
      throw new ModelException(
          ErrorCode.MALFORMED_FILE,
          path + ": the header is not valid JSON: " + e.getOriginalMessage(),
          e);
    }
    if (!header.isObject()) {
      throw malformed(path, "the header is not a JSON object");
    }
    long dataStart = LENGTH_BYTES + length;
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : header.properties()) {
      if (!field.getKey().equals("__metadata__")) {
        entries.put(
            field.getKey(),
            entry(path, field.getKey(), field.getValue(), dataStart, file.byteSize()));
      }
    }
    requireApart(path, entries);
    return entries;
  }

  private static Entry entry(Path path, String name, JsonNode node, long dataStart, long fileSize) {
    String typeName = node.path("dtype").asString("");
    StoredDType dtype =
        StoredDType.of(typeName)
            .orElseThrow(() ->
                new ModelException(
                    ErrorCode.UNSUPPORTED_DTYPE,
                    path
                        + ": tensor '"
                        + name
                        + "' has dtype '"
                        + typeName
                        + "'; expected one of "
                        + StoredDType.names()
                        + "."));
    Shape shape = shape(path, name, node.path("shape"));
    JsonNode offsets = node.path("data_offsets");
    if (!offsets.isArray()
        || offsets.size() != 2
        || !isLong(offsets.get(0))
        || !isLong(offsets.get(1))) {
      throw malformed(
          path, "tensor '" + name + "' has data_offsets " + offsets + "; expected two integers");
    }
    long begin = offsets.get(0).asLong();
    long end = offsets.get(1).asLong();
    if (begin < 0 || end < begin || end > fileSize - dataStart) {
      throw malformed(
          path,
          "tensor '"
              + name
              + "' has data_offsets ["
              + begin
              + ", "
              + end
              + "]; expected a range within the "
              + (fileSize - dataStart)
              + " bytes of data");
    }
    long wanted;
    try {
      wanted = Math.multiplyExact(shape.elements(), dtype.byteSize());
    } catch (ArithmeticException e) {
      throw new ModelException(
          ErrorCode.MALFORMED_FILE,
          path + ": tensor '" + name + "' of shape " + shape + " is too large.",
          e);
    }
    if (wanted != end - begin) {
      throw malformed(
          path,
          "tensor '"
              + name
              + "', "
              + dtype
              + " "
              + shape
              + ", needs "
              + wanted
              + " bytes; its data_offsets give "
              + (end - begin));
    }
    return new Entry(name, dtype, shape, dataStart + begin, end - begin);
  }

  private static Shape shape(Path path, String name, JsonNode node) {
    long[] extents = new long[node.size()];
    boolean valid = node.isArray();
    for (int i = 0; i < extents.length; i++) {
      valid &= isLong(node.get(i));
      extents[i] = valid ? node.get(i).asLong() : 0;
    }
    if (!valid) {
      throw malformed(
          path, "tensor '" + name + "' has shape " + node + "; expected an array of integers");
    }
    try {
      return Shape.of(extents);
    } catch (InvalidInputException e) {
      throw new ModelException(
          ErrorCode.MALFORMED_FILE, path + ": tensor '" + name + "': " + e.getMessage(), e);
    }
  }

  private static boolean isLong(JsonNode node) {
    return node.isIntegralNumber() && node.canConvertToLong();
  }

  private static void requireApart(Path path, Map<String, Entry> entries) {
    List<Entry> sorted = new ArrayList<>(entries.values());
    sorted.sort(Comparator.comparingLong(Entry::offset).thenComparing(Entry::bytes));
    for (int i = 1; i < sorted.size(); i++) {
      Entry before = sorted.get(i - 1);
      Entry after = sorted.get(i);
      if (before.offset() + before.bytes() > after.offset()) {
        throw malformed(path, "tensors '" + before.name() + "' and '" + after.name() + "' overlap");
      }
    }
  }

  private static ModelException malformed(Path path, String problem) {
    return new ModelException(ErrorCode.MALFORMED_FILE, path + ": " + problem + ".");
  }
}
