package org.mla4j.models.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.Shape;
import tools.jackson.databind.JsonNode;

/**
 * The header of a safetensors file: eight bytes of length, then JSON that names each tensor's type,
 * shape and byte range.
 *
 * <p>Nothing is believed: the length must fit the file, every range must match type and shape, and
 * all ranges together must cover the rest of the file once. Nothing larger than the file is ever
 * allocated.
 */
final class SafetensorsHeader {
  private static final int LENGTH_BYTES = 8;

  /** The limit of the format's reference implementation. */
  private static final long MAX_HEADER_BYTES = 100_000_000;

  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

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
    long length = file.segment().get(LENGTH, 0);
    long most = Math.min(MAX_HEADER_BYTES, file.byteSize() - LENGTH_BYTES);
    // Unsigned: beyond 2^63 the length is too large, not negative.
    if (Long.compareUnsigned(length, most) > 0) {
      throw malformed(
          path,
          "the header's length is "
              + Long.toUnsignedString(length)
              + " bytes; expected at most "
              + most
              + " in a file of "
              + file.byteSize()
              + " bytes");
    }
    byte[] json = new byte[(int) length];
    MemorySegment.copy(file.segment(), ValueLayout.JAVA_BYTE, LENGTH_BYTES, json, 0, json.length);
    JsonNode header = JsonFile.parseObject(json, path + ": the header", ErrorCode.MALFORMED_FILE);
    long dataStart = LENGTH_BYTES + length;
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : header.properties()) {
      if (!field.getKey().equals("__metadata__")) {
        entries.put(
            field.getKey(),
            entry(path, field.getKey(), field.getValue(), dataStart, file.byteSize()));
      }
    }
    requireCovered(path, entries.values(), dataStart, file.byteSize());
    return entries;
  }

  private static Entry entry(Path path, String name, JsonNode node, long dataStart, long fileSize) {
    if (!node.isObject()) {
      throw malformed(
          path, "tensor '" + name + "'; expected an object with dtype, shape and data_offsets");
    }
    JsonNode type = node.path("dtype");
    StoredDType dtype =
        StoredDType.of(type.isString() ? type.stringValue() : "")
            .orElseThrow(() ->
                new ModelException(
                    ErrorCode.UNSUPPORTED_DTYPE,
                    path
                        + ": tensor '"
                        + name
                        + "' has dtype "
                        + Excerpt.of(type)
                        + "; expected one of "
                        + StoredDType.names()
                        + "."));
    Shape shape = shape(path, name, node.path("shape"));
    JsonNode offsets = node.path("data_offsets");
    if (!offsets.isArray()
        || offsets.size() != 2
        || !isLong(offsets.get(0))
        || !isLong(offsets.get(1))) {
      throw malformed(
          path,
          "tensor '"
              + name
              + "' has data_offsets "
              + Excerpt.of(offsets)
              + "; expected two integers");
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
          path
              + ": tensor '"
              + name
              + "', "
              + dtype
              + " "
              + Excerpt.of(shape.toString())
              + ", needs more bytes than 63 bits count; its data_offsets give "
              + (end - begin)
              + ".",
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
              + Excerpt.of(shape.toString())
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
          path,
          "tensor '"
              + name
              + "' has shape "
              + Excerpt.of(node)
              + "; expected an array of integers");
    }
    try {
      return Shape.of(extents);
    } catch (InvalidInputException e) {
      throw new ModelException(
          ErrorCode.MALFORMED_FILE,
          path
              + ": tensor '"
              + name
              + "' has shape "
              + Excerpt.of(node)
              + "; expected extents of 0 or more"
              + " whose product fits 63 bits.",
          e);
    }
  }

  private static boolean isLong(JsonNode node) {
    return node.isIntegralNumber() && node.canConvertToLong();
  }

  /** As the format demands: each byte belongs to one tensor, and none to two. */
  private static void requireCovered(
      Path path, Collection<Entry> entries, long dataStart, long fileSize) {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparingLong(Entry::offset).thenComparingLong(Entry::bytes));
    long end = dataStart;
    for (int i = 0; i < sorted.size(); i++) {
      Entry entry = sorted.get(i);
      if (entry.offset() < end) {
        throw overlap(path, sorted.get(i - 1), entry, dataStart);
      }
      if (entry.offset() > end) {
        throw hole(path, end - dataStart, entry.offset() - dataStart);
      }
      end += entry.bytes();
    }
    if (end < fileSize) {
      throw hole(path, end - dataStart, fileSize - dataStart);
    }
  }

  private static ModelException overlap(Path path, Entry first, Entry second, long dataStart) {
    return malformed(
        path,
        "tensors '"
            + first.name()
            + "' and '"
            + second.name()
            + "' overlap: their data_offsets are "
            + range(first, dataStart)
            + " and "
            + range(second, dataStart)
            + "; expected no byte to belong to two");
  }

  private static String range(Entry entry, long dataStart) {
    long begin = entry.offset() - dataStart;
    return "[" + begin + ", " + (begin + entry.bytes()) + "]";
  }

  private static ModelException hole(Path path, long from, long to) {
    return malformed(
        path, "bytes " + from + " to " + to + " of the data belong to no tensor; expected none");
  }

  private static ModelException malformed(Path path, String problem) {
    return new ModelException(ErrorCode.MALFORMED_FILE, path + ": " + problem + ".");
  }
}
