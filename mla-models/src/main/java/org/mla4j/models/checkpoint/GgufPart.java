package org.mla4j.models.checkpoint;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * One GGUF file: magic, version, counts, metadata, what the tensors are, then their elements.
 *
 * @param file the file
 * @param metadata what it says besides
 * @param tensors by name, in the order of the file
 */
record GgufPart(MappedFile file, GgufMetadata metadata, Map<String, GgufTensor> tensors) {
  /** "GGUF", read as a little-endian integer. */
  static final int MAGIC = 0x4655_4747;

  static final int VERSION = 3;
  static final String ALIGNMENT = "general.alignment";
  static final int DEFAULT_ALIGNMENT = 32;

  private static final int OLDEST_VERSION = 2;

  /** The bytes that the header needs for a key that is empty and has a value of one byte. */
  private static final int LEAST_METADATA_BYTES = 13;

  /** Where the elements of a tensor lie. */
  private record Range(GgufTensor tensor, long begin, long end) {}

  static GgufPart read(MappedFile file) {
    GgufCursor cursor = new GgufCursor(file, 0);
    requireKnownVersion(cursor);
    long tensorCount = cursor.readCount("the number of tensors", GgufTensor.LEAST_BYTES);
    long metadataCount = cursor.readCount("the number of metadata keys", LEAST_METADATA_BYTES);
    GgufMetadata metadata = GgufMetadata.read(file, cursor, metadataCount);
    Map<String, GgufTensor> tensors = new LinkedHashMap<>();
    for (long i = 0; i < tensorCount; i++) {
      GgufTensor tensor = GgufTensor.read(file, cursor);
      if (tensors.put(tensor.name(), tensor) != null) {
        throw cursor.malformed(
            tensor.position(),
            "tensor '" + Excerpt.of(tensor.name()) + "' is there again",
            "each tensor once");
      }
    }
    long alignment = alignment(metadata);
    long dataStart = Math.ceilDiv(cursor.position(), alignment) * alignment;
    requireApart(file, cursor, tensors, dataStart, alignment);
    tensors.replaceAll((_, tensor) -> tensor.placed(dataStart));
    return new GgufPart(file, metadata, tensors);
  }

  private static void requireKnownVersion(GgufCursor cursor) {
    int magic = cursor.readInt("the magic number");
    if (magic != MAGIC) {
      throw cursor.malformed(
          0, "the magic number is 0x%08x".formatted(magic), "0x%08x, \"GGUF\"".formatted(MAGIC));
    }
    long at = cursor.position();
    int version = cursor.readInt("the version");
    String expected = "version " + OLDEST_VERSION + " or " + VERSION + ", little-endian";
    int swapped = Integer.reverseBytes(version);
    if (swapped >= 1 && swapped <= VERSION) {
      throw cursor.malformed(at, "the file is big-endian GGUF of version " + swapped, expected);
    }
    if (version < OLDEST_VERSION || version > VERSION) {
      throw cursor.malformed(
          at, "the file is GGUF of version " + Integer.toUnsignedString(version), expected);
    }
  }

  private static long alignment(GgufMetadata metadata) {
    OptionalLong given = metadata.integer(ALIGNMENT);
    long alignment = given.orElse(DEFAULT_ALIGNMENT);
    if (alignment < 1 || alignment > Integer.MAX_VALUE || Long.bitCount(alignment) != 1) {
      throw metadata.refused(
          ALIGNMENT, Long.toString(alignment), "a power of two that fits 31 bits");
    }
    return alignment;
  }

  /** Each tensor lies within the file, at a multiple of the alignment, and on no other one. */
  private static void requireApart(
      MappedFile file,
      GgufCursor cursor,
      Map<String, GgufTensor> tensors,
      long dataStart,
      long alignment) {
    List<Range> ranges = new ArrayList<>();
    for (GgufTensor tensor : tensors.values()) {
      long bytes = tensor.bytes(cursor);
      if (tensor.offset() < 0 || tensor.offset() % alignment != 0) {
        throw cursor.malformed(
            tensor.position(),
            tensor.describe() + " is at offset " + Long.toUnsignedString(tensor.offset()),
            "a multiple of the alignment " + alignment);
      }
      long most = file.byteSize() - dataStart;
      if (tensor.offset() > most - bytes) {
        throw cursor.malformed(
            tensor.position(),
            tensor.describe() + " needs " + bytes + " bytes at offset " + tensor.offset(),
            "it to lie within the " + Math.max(0, most) + " bytes of data");
      }
      ranges.add(new Range(tensor, tensor.offset(), tensor.offset() + bytes));
    }
    ranges.sort(Comparator.comparingLong(Range::begin).thenComparingLong(Range::end));
    for (int i = 1; i < ranges.size(); i++) {
      Range before = ranges.get(i - 1);
      Range range = ranges.get(i);
      if (range.begin() < before.end()) {
        throw cursor.malformed(
            range.tensor().position(),
            "tensors '"
                + before.tensor().name()
                + "' and '"
                + range.tensor().name()
                + "' overlap: they lie at "
                + range(before)
                + " and "
                + range(range),
            "no byte to belong to two");
      }
    }
  }

  private static String range(Range range) {
    return "[" + range.begin() + ", " + range.end() + "]";
  }
}
