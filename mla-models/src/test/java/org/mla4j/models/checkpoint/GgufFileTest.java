package org.mla4j.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mla4j.models.testing.Refusals.assertModelRefused;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.models.testing.GgufBytes;

/** What a GGUF file says, in one file or in several. */
class GgufFileTest {
  @TempDir Path folder;
  private Path path = Path.of("");

  @BeforeEach
  void name() {
    path = folder.resolve("model.gguf");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void readsEveryKindOfValue(int version) {
    new GgufBytes()
        .version(version)
        .text("text", "日本 <think>")
        .number("number", -1)
        .raw("tiny", 1, new byte[] {-5})
        .raw("byte", 0, new byte[] {-5})
        .small("small", 0xFFFF)
        .raw("short", 3, new byte[] {-2, -1})
        .raw("int", 5, GgufBytes.ints(-7))
        .raw("long", 11, GgufBytes.longs(-9))
        .raw("unsigned", 10, GgufBytes.longs(1L << 40))
        .fraction("fraction", 1e-6f)
        .raw("double", 12, GgufBytes.longs(Double.doubleToLongBits(0.1)))
        .truth("yes", 1)
        .truth("no", 0)
        .array("texts", 8, 2, GgufBytes.string("a b"), GgufBytes.string(""))
        .array("ints", 5, 3, GgufBytes.ints(1, -2, 3))
        .array("bytes", 0, 2, new byte[] {1, -1})
        .array("floats", 6, 1, GgufBytes.ints(Float.floatToIntBits(2.5f)))
        .array("none", 8, 0)
        .write(path);
    try (GgufFile file = GgufFile.open(path)) {
      GgufMetadata metadata = file.metadata();
      assertEquals(18, metadata.keys().size());
      assertEquals(Optional.of("日本 <think>"), metadata.string("text"));
      assertEquals(OptionalLong.of(0xFFFF_FFFFL), metadata.integer("number"));
      assertEquals(OptionalLong.of(-5), metadata.integer("tiny"));
      assertEquals(OptionalLong.of(251), metadata.integer("byte"));
      assertEquals(OptionalLong.of(65535), metadata.integer("small"));
      assertEquals(OptionalLong.of(-2), metadata.integer("short"));
      assertEquals(OptionalLong.of(-7), metadata.integer("int"));
      assertEquals(OptionalLong.of(-9), metadata.integer("long"));
      assertEquals(OptionalLong.of(1L << 40), metadata.integer("unsigned"));
      assertEquals(OptionalDouble.of(1e-6), metadata.number("fraction"));
      assertEquals(OptionalDouble.of(0.1), metadata.number("double"));
      assertEquals(OptionalDouble.of(-7), metadata.number("int"));
      assertEquals(Optional.of(true), metadata.bool("yes"));
      assertEquals(Optional.of(false), metadata.bool("no"));
      assertEquals(List.of("a b", ""), metadata.strings("texts"));
      assertArrayEquals(new int[] {1, -2, 3}, metadata.ints("ints"));
      assertArrayEquals(new int[] {1, 255}, metadata.ints("bytes"));
      assertArrayEquals(new float[] {2.5f}, metadata.floats("floats"));
      assertEquals(List.of(), metadata.strings("none"));
    }
  }

  @Test
  void whatIsNotThereIsEmpty() {
    new GgufBytes().write(path);
    try (GgufFile file = GgufFile.open(path)) {
      GgufMetadata metadata = file.metadata();
      assertFalse(metadata.has("x"));
      assertEquals(Optional.empty(), metadata.string("x"));
      assertEquals(Optional.empty(), metadata.bool("x"));
      assertEquals(OptionalLong.empty(), metadata.integer("x"));
      assertEquals(OptionalDouble.empty(), metadata.number("x"));
      assertEquals(List.of(), metadata.strings("x"));
      assertEquals(0, metadata.ints("x").length + metadata.floats("x").length);
    }
  }

  @Test
  void aValueOfAnotherKindIsRefused() {
    new GgufBytes()
        .text("text", "abc")
        .array("ints", 5, 1, GgufBytes.ints(1))
        .array("longs", 11, 2, GgufBytes.longs(1, 1L << 31))
        .raw("unsigned", 10, GgufBytes.longs(-1))
        .truth("maybe", 2)
        .raw("damaged", 8, new byte[] {1, 0, 0, 0, 0, 0, 0, 0, -1})
        .write(path);
    try (GgufFile file = GgufFile.open(path)) {
      GgufMetadata metadata = file.metadata();
      assertModelRefused(
          path + ": metadata key 'text' is STRING at byte 40; expected an integer. [MLA-0204]",
          () -> metadata.integer("text"));
      assertModelRefused(
          path + ": metadata key 'text' is STRING at byte 40; expected a number. [MLA-0204]",
          () -> metadata.number("text"));
      assertModelRefused(
          path + ": metadata key 'text' is STRING at byte 40; expected true or false. [MLA-0204]",
          () -> metadata.bool("text"));
      assertModelRefused(
          path
              + ": metadata key 'text' is STRING at byte 40; expected an array of strings."
              + " [MLA-0204]",
          () -> metadata.strings("text"));
      assertModelRefused(
          path
              + ": metadata key 'ints' is an array of 1 INT32 at byte 79; expected a string."
              + " [MLA-0204]",
          () -> metadata.string("ints"));
      assertModelRefused(
          path
              + ": metadata key 'ints' is an array of 1 INT32 at byte 79; expected an array of"
              + " FLOAT32. [MLA-0204]",
          () -> metadata.floats("ints"));
      assertModelRefused(
          path
              + ": metadata key 'longs' is 2147483648 at index 1 at byte 112; expected integers of"
              + " 32 bits. [MLA-0204]",
          () -> metadata.ints("longs"));
      assertModelRefused(
          path
              + ": metadata key 'unsigned' is 18446744073709551615 at byte 148; expected an integer"
              + " of 63 bits. [MLA-0204]",
          () -> metadata.integer("unsigned"));
      assertModelRefused(
          path
              + ": at byte 173, metadata key 'maybe' is 2; expected 0 or 1, a truth value."
              + " [MLA-0204]",
          () -> metadata.bool("maybe"));
      assertModelRefused(
          path + ": at byte 201, metadata key 'damaged' is no UTF-8; expected text. [MLA-0204]",
          () -> metadata.string("damaged"));
    }
  }

  @Test
  void metadataCannotBeReadAfterClosing() {
    new GgufBytes().text("text", "abc").write(path);
    GgufFile file = GgufFile.open(path);
    file.close();
    file.close();
    assertEquals(
        "Weight 'metadata key 'text'' was asked of checkpoint file '"
            + path
            + "' after it was closed. [MLA-0403]",
        assertThrows(ClosedException.class, () -> file.metadata().string("text")).getMessage());
  }

  @Test
  void findsTensorsAtTheirOffsets() {
    new GgufBytes()
        .floats("a", new float[] {1, 2, 3, 4, 5, 6}, 3, 2)
        .tensor("b", 30, new byte[] {0, 64}, 1)
        .write(path);
    try (GgufFile file = GgufFile.open(path)) {
      assertEquals(List.of("a", "b"), List.copyOf(file.tensorNames()));
      GgufTensor a = file.tensors().get("a");
      assertEquals(Shape.of(2, 3), a.shape());
      assertEquals(DType.F32, a.dtype());
      assertEquals(0, a.offset() % 32);
      assertEquals(a.offset() + 32, file.tensors().get("b").offset());
    }
  }

  @Test
  void takesTheAlignmentThatTheFileSays() {
    byte[] bytes =
        new GgufBytes()
            .number("general.alignment", 64)
            .tensor("a", 0, 0, new byte[64], 1)
            .tensor("b", 0, 64, new byte[36], 1)
            .bytes();
    // The helper aligns the data to 32: at 64 there must be room for both.
    GgufBytes.write(path, Arrays.copyOf(bytes, 512));
    try (GgufFile file = GgufFile.open(path)) {
      assertEquals(0, file.tensors().get("a").offset() % 64);
    }
  }

  @Test
  void joinsThePartsOfASplitModel() {
    write(part(1, 3), 0, 3, 3, "a");
    write(part(2, 3), 1, 3, 3, "b");
    write(part(3, 3), 2, 3, 3, "c");
    try (GgufFile file = GgufFile.open(part(1, 3))) {
      assertEquals(List.of("a", "b", "c"), List.copyOf(file.tensorNames()));
      assertEquals(Optional.of("part 0"), file.metadata().string("name"));
      assertEquals(
          part(1, 3).toFile().length()
              + part(2, 3).toFile().length()
              + part(3, 3).toFile().length(),
          file.byteSize());
    }
  }

  @Test
  void partsThatDoNotBelongTogetherAreRefused() {
    write(part(1, 2), 0, 2, 2, "a");
    assertModelRefused(
        part(1, 2)
            + ": part '"
            + part(2, 2)
            + "' is missing; expected it beside the first. [MLA-0204]",
        () -> GgufFile.open(part(1, 2)));
    write(part(2, 2), 1, 2, 2, "a");
    assertModelRefused(
        "Tensor 'a' is in two files: '" + part(1, 2) + "' and '" + part(2, 2) + "'. [MLA-0204]",
        () -> GgufFile.open(part(1, 2)));
    write(part(2, 2), 0, 2, 2, "b");
    assertModelRefused(
        part(2, 2) + ": metadata key 'split.no' is 0 at byte 44; expected 1. [MLA-0204]",
        () -> GgufFile.open(part(1, 2)));
    write(part(2, 2), 1, 3, 2, "b");
    assertModelRefused(
        part(2, 2) + ": metadata key 'split.count' is 3 at byte 69; expected 2. [MLA-0204]",
        () -> GgufFile.open(part(1, 2)));
    write(part(2, 2), 1, 2, 2, "b");
    assertModelRefused(
        part(2, 2) + " is part 2 of 2; expected the first, '" + part(1, 2) + "'. [MLA-0204]",
        () -> GgufFile.open(part(2, 2)));
    write(part(1, 2), 0, 2, 5, "a");
    assertModelRefused(
        part(1, 2)
            + ": metadata key 'split.tensors.count' is 5 at byte 102; expected 2. [MLA-0204]",
        () -> GgufFile.open(part(1, 2)));
  }

  /** A count alone names no files, so that none can lead out of the folder, or back to itself. */
  @Test
  void aPartOfAnotherNameIsRefused() {
    write(path, 0, 2, 2, "a");
    assertModelRefused(
        path
            + ": metadata key 'split.count' is 2 at byte 69; expected as many as the name of the"
            + " file says: name-00001-of-0000N.gguf. [MLA-0204]",
        () -> GgufFile.open(path));
    write(part(1, 3), 0, 2, 2, "a");
    assertThrows(ModelException.class, () -> GgufFile.open(part(1, 3)));
    write(part(1, 1), 0, 65535, 2, "a");
    assertThrows(ModelException.class, () -> GgufFile.open(part(1, 1)));
  }

  @Test
  void findsNumbersThatAreNotFinite() {
    byte[] scales = new byte[3 * 34];
    ByteBuffer.wrap(scales).order(ByteOrder.LITTLE_ENDIAN).putShort(34, (short) 0x7C00);
    byte[] least = new byte[2 * 144];
    ByteBuffer.wrap(least).order(ByteOrder.LITTLE_ENDIAN).putShort(2, (short) 0xFE00);
    byte[] last = new byte[210];
    ByteBuffer.wrap(last).order(ByteOrder.LITTLE_ENDIAN).putShort(208, (short) 0x7C00);
    new GgufBytes()
        .text("general.architecture", "qwen2")
        .floats("token_embd.weight", new float[] {1, Float.NaN, 3, Float.POSITIVE_INFINITY}, 2, 2)
        .tensor("blk.0.attn_q.weight", 8, scales, 32, 3)
        .tensor("blk.0.attn_k.weight", 12, least, 512)
        .tensor("blk.0.attn_v.weight", 14, last, 256)
        .tensor("blk.0.attn_output.weight", 14, new byte[210], 256)
        .write(path);
    try (Checkpoint checkpoint = Checkpoint.open(path)) {
      List<String> found =
          WeightScan.scan(checkpoint, ProgressListener.NONE).stream()
              .map(bad -> bad.tensor() + " " + bad.type() + " " + bad.first() + " " + bad.count())
              .toList();
      assertEquals(
          List.of(
              "token_embd.weight F32 1 2",
              "blk.0.attn_q.weight Q8_0 32 32",
              "blk.0.attn_k.weight Q4_K 0 256",
              "blk.0.attn_v.weight Q6_K 0 256"),
          found);
    }
  }

  @Test
  void knowsAFileFromAFolder() {
    assertTrue(GgufFile.isMeantBy(path));
    assertFalse(GgufFile.isMeantBy(folder));
    assertFalse(GgufFile.isMeantBy(folder.resolve("no-such-folder")));
    new GgufBytes().write(folder.resolve("named-otherwise"));
    assertTrue(GgufFile.isMeantBy(folder.resolve("named-otherwise")));
  }

  private Path part(int number, int count) {
    return folder.resolve("name-%05d-of-%05d.gguf".formatted(number, count));
  }

  private static void write(Path file, int number, int count, int tensors, String tensor) {
    new GgufBytes()
        .small("split.no", number)
        .small("split.count", count)
        .raw("split.tensors.count", 5, GgufBytes.ints(tensors))
        .text("name", "part " + number)
        .floats(tensor, new float[] {1}, 1)
        .write(file);
  }
}
