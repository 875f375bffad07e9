package org.mla4j.api.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mla4j.api.testing.Refusals.assertRefused;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class BlockCodecTest {
  private static final int HALF = 0x3800;
  private static final int ONE = 0x3C00;
  private static final int TWO = 0x4000;

  static Stream<DType> blockTypes() {
    return Arrays.stream(DType.values()).filter(DType::isBlockType);
  }

  @Test
  @DisplayName("Q8_0: signed bytes times the scale")
  void q8() {
    byte[] block = block(DType.Q8_0, HALF);
    put(block, 2, 1, 0xFF, 0x7F, 0x80);
    block[33] = 3;
    assertDecoded(DType.Q8_0, block, values(32, 0, 0, 0.5, 1, -0.5, 2, 63.5, 3, -64, 31, 1.5));
  }

  @Test
  @DisplayName("Q4_0: the lower halves of all bytes, then the upper ones")
  void q4() {
    byte[] block = block(DType.Q4_0, TWO);
    Arrays.fill(block, 2, 18, (byte) 0x88);
    put(block, 2, 0xF0, 0x98);
    block[17] = (byte) 0x7A;
    assertDecoded(DType.Q4_0, block, values(32, 0, 0, -16, 16, 14, 17, 2, 15, 4, 31, -2));
  }

  @Test
  @DisplayName("Q5_0: the fifth bits stand together")
  void q5() {
    byte[] block = block(DType.Q5_0, TWO);
    put(block, 2, 0x01, 0x00, 0x01, 0x80); // elements 0, 16 and 31
    put(block, 6, 0xF0, 0x0F);
    assertDecoded(DType.Q5_0, block, values(32, -32, 0, 0, 16, 30, 1, -2, 31, 0));
  }

  @Test
  @DisplayName("Q5_1: the least value is added")
  void q5WithLeast() {
    byte[] block = block(DType.Q5_1, HALF, 0xC900); // -10
    put(block, 4, 0x02, 0x00, 0x00, 0x80); // elements 1 and 31
    put(block, 8, 0x43, 0x00);
    block[23] = (byte) 0xF0;
    assertDecoded(DType.Q5_1, block, values(32, -10, 0, -8.5, 1, -2, 16, -8, 31, 5.5));
  }

  @Test
  @DisplayName("IQ4_NL: indices of a table")
  void table() {
    byte[] block = block(DType.IQ4_NL, HALF);
    Arrays.fill(block, 2, 18, (byte) 0x88);
    put(block, 2, 0xF0, 0x97);
    assertDecoded(DType.IQ4_NL, block, values(32, 0.5, 0, -63.5, 16, 56.5, 1, -5, 17, 6.5));
  }

  @Test
  @DisplayName("Q4_K: each 32 have a scale and a least value of their own")
  void q4InParts() {
    byte[] block = block(DType.Q4_K, HALF, TWO);
    // Scales 1, 0, 0, 0, 33 = 2 * 16 + 1, 0, 0, 0; least values 0, 3, 0, 0, 0, 50 = 3 * 16 + 2.
    put(block, 4, 1 | 2 << 6, 0, 0, 0, 0, 3 | 3 << 6, 0, 0, 1, 2 << 4, 0, 0);
    put(block, 16, 0xF5); // element 0, and element 32 of a part without a scale
    put(block, 16 + 64, 0x0A); // element 128
    float[] expected = values(256, 0, 0, 2.5, 128, 165);
    Arrays.fill(expected, 32, 64, -6);
    Arrays.fill(expected, 160, 192, -100);
    assertDecoded(DType.Q4_K, block, expected);
  }

  @Test
  @DisplayName("Q5_K: the fifth bits of every 32nd element share a byte")
  void q5InParts() {
    byte[] block = block(DType.Q5_K, HALF, TWO);
    put(block, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3);
    put(block, 16, 0x01, 0x80); // elements 0 and 225
    put(block, 48, 0x05);
    put(block, 48 + 96 + 1, 0x70);
    assertDecoded(DType.Q5_K, block, values(256, 0, 0, 10.5, 225, 34.5, 224, 0, 226, 0));
  }

  @Test
  @DisplayName("Q6_K: each 16 have a signed scale of their own; the block's scale comes last")
  void q6InParts() {
    byte[] block = new byte[210];
    put(block, 208, 0x00, 0x38);
    put(block, 192, 1, 0xFE); // parts 0 and 1: 1 and -2
    block[192 + 15] = (byte) 0x80; // the last one: -128
    put(block, 0, 0x0F);
    put(block, 128, 0x03); // element 0: 63
    block[64 + 63] = (byte) 0x10; // element 255: 1
    float[] expected = values(256, 0, 0, 15.5, 255, 1984);
    Arrays.fill(expected, 1, 16, -16);
    Arrays.fill(expected, 16, 32, 32);
    Arrays.fill(expected, 240, 255, 2048);
    assertDecoded(DType.Q6_K, block, expected);
  }

  @ParameterizedTest
  @MethodSource("blockTypes")
  void everyElementTakesEveryCodeAndLeavesTheOthersAlone(DType dtype) {
    int elements = dtype.blockElements();
    for (int element = 0; element < elements; element++) {
      int[] bits = codeBits(dtype, element);
      for (int code = 0; code < 1 << bits.length; code++) {
        byte[] block = unitScales(dtype);
        setBits(block, bits, code);
        float[] values = decode(dtype, block);
        for (int i = 0; i < elements; i++) {
          assertEquals(meaning(dtype, i == element ? code : 0), values[i]);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"Q4_K", "Q5_K"})
  void everyPartTakesEveryScaleAndLeastValue(DType dtype) {
    for (int part = 0; part < 8; part++) {
      for (int six = 0; six < 64; six++) {
        byte[] block = block(dtype, HALF, TWO);
        for (int element = 0; element < 256; element++) {
          setBits(block, codeBits(dtype, element), 3);
        }
        setBits(block, scaleBits(part), six);
        setBits(block, leastBits(part), 63 - six);
        float[] values = decode(dtype, block);
        for (int i = 0; i < 256; i++) {
          assertEquals(i / 32 == part ? 1.5f * six - 2f * (63 - six) : 0f, values[i]);
        }
      }
    }
  }

  @Test
  void everyPartOfSixteenTakesEveryScale() {
    for (int part = 0; part < 16; part++) {
      for (int scale = Byte.MIN_VALUE; scale <= Byte.MAX_VALUE; scale++) {
        byte[] block = new byte[210];
        put(block, 208, 0x00, 0x40);
        block[192 + part] = (byte) scale;
        float[] values = decode(DType.Q6_K, block);
        for (int i = 0; i < 256; i++) {
          assertEquals(i / 16 == part ? -64f * scale : 0f, values[i], 0f);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("blockTypes")
  void blocksFollowEachOther(DType dtype) {
    SplittableRandom random = new SplittableRandom(3);
    int elements = dtype.blockElements();
    byte[] three = new byte[3 * dtype.blockBytes()];
    random.nextBytes(three);
    float[] expected = new float[3 * elements];
    for (int i = 0; i < 3; i++) {
      byte[] one = Arrays.copyOfRange(three, i * dtype.blockBytes(), (i + 1) * dtype.blockBytes());
      System.arraycopy(decode(dtype, one), 0, expected, i * elements, elements);
    }
    assertArrayEquals(expected, decode(dtype, three));
  }

  @Test
  void aScaleThatIsNoNumberGivesNone() {
    byte[] block = block(DType.Q8_0, 0x7E00);
    assertTrue(Float.isNaN(decode(DType.Q8_0, block)[0]));
  }

  @Test
  void otherTypesAndPartsOfBlocksAreNotDecoded() {
    MemorySegment blocks = MemorySegment.ofArray(new byte[68]);
    float[] values = new float[64];
    assertEquals(
        "F32 is no block type.",
        assertThrows(
                IllegalArgumentException.class,
                () -> BlockCodec.decode(DType.F32, blocks, 0, values, 0, 1))
            .getMessage());
    assertEquals(
        "33 elements of Q8_0; expected a multiple of 32.",
        assertThrows(
                IllegalArgumentException.class,
                () -> BlockCodec.decode(DType.Q8_0, blocks, 0, values, 0, 33))
            .getMessage());
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> BlockCodec.decode(DType.Q8_0, blocks, 1, values, 0, 64));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> BlockCodec.decode(DType.Q8_0, blocks, 0, values, 1, 64));
  }

  @Test
  void eightBitsAreRoundedToTheNearestAwayFromZero() {
    float[] values =
        values(32, 0, 0, 127, 1, 0.5, 2, -0.5, 3, 1.5, 4, 2.5, 5, -2.5, 6, 2.4, 7, -126.6);
    values[8] = Math.nextDown(0.5f);
    assertDecoded(
        DType.Q8_0,
        encode(DType.Q8_0, values),
        values(32, 0, 0, 127, 1, 1, 2, -1, 3, 2, 4, 3, 5, -3, 6, 2, 7, -127));
  }

  @Test
  void fourBitsKeepTheSignOfTheLargest() {
    float[] values = values(32, 0, 0, 16, 1, -16, 2, 1, 3, -1, 4, 3, 5, 5.1, 6, -14);
    // Steps of -2 from 16 down to -14, halves to the more negative.
    assertDecoded(
        DType.Q4_0,
        encode(DType.Q4_0, values),
        values(32, 0, 0, 16, 1, -14, 2, 0, 3, -2, 4, 2, 5, 6, 6, -14));
  }

  @Test
  void zerosAndWhatIsTooSmallForAScaleBecomeZeros() {
    for (DType dtype : new DType[] {DType.Q8_0, DType.Q4_0}) {
      for (float tiny : new float[] {0, Float.MIN_VALUE, 1e-40f, -1e-9f}) {
        float[] values = new float[32];
        values[7] = tiny;
        for (float value : decode(dtype, encode(dtype, values))) {
          assertEquals(0f, value, 0f, dtype + " of " + tiny);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"Q8_0", "Q4_0"})
  void encodedValuesAreAStepAwayAtMost(DType dtype) {
    SplittableRandom random = new SplittableRandom(5);
    for (int run = 0; run < 2_000; run++) {
      double magnitude = Math.scalb(1.0, random.nextInt(-12, 13));
      float[] values = new float[64];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (random.nextGaussian() * magnitude);
      }
      float[] decoded = decode(dtype, encode(dtype, values));
      for (int i = 0; i < values.length; i++) {
        float largest = largestMagnitude(values, i / 32 * 32);
        // Half a step; in four bits a whole one at the end opposite the largest. The scale is F16.
        double step = dtype == DType.Q8_0 ? largest / 254 : largest / 8;
        assertEquals(values[i], decoded[i], step + largest * 0x1p-11 + 0x1p-18, dtype.toString());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"Q8_0", "Q4_0"})
  void encodingWhatWasDecodedGivesTheSameBlocks(DType dtype) {
    SplittableRandom random = new SplittableRandom(7);
    for (int run = 0; run < 2_000; run++) {
      byte[] block = new byte[dtype.blockBytes()];
      random.nextBytes(block);
      boolean eight = dtype == DType.Q8_0;
      for (int i = 2; eight && i < block.length; i++) {
        block[i] = block[i] == Byte.MIN_VALUE ? 0 : block[i];
      }
      // The code that the scale follows from, in front.
      block[2] = eight ? 127 : (byte) (block[2] & 0xF0);
      float scale = (float) (random.nextDouble() + 0.01);
      put(block, 0, Float.floatToFloat16(scale), Float.floatToFloat16(scale) >> 8);
      assertArrayEquals(block, encode(dtype, decode(dtype, block)));
    }
  }

  @Test
  void twoTypesCanBeEncoded() {
    for (DType dtype : DType.values()) {
      assertEquals(dtype == DType.Q8_0 || dtype == DType.Q4_0, BlockCodec.canEncode(dtype));
    }
    assertEquals(
        "Q6_K cannot be encoded; expected Q8_0 or Q4_0.",
        assertThrows(IllegalArgumentException.class, () -> encode(DType.Q6_K, new float[256]))
            .getMessage());
    assertThrows(IllegalArgumentException.class, () -> encode(DType.Q8_0, new float[31]));
  }

  @Test
  void onlyFiniteNumbersAreEncoded() {
    for (float value : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
      float[] values = new float[64];
      values[40] = value;
      assertRefused(
          "Element 40 to encode in Q8_0 is " + value + "; expected a finite number. [MLA-0302]",
          () -> encode(DType.Q8_0, values));
    }
    float[] large = new float[64];
    large[63] = 600_000f;
    assertFalse(Float.isInfinite(decode(DType.Q8_0, encode(DType.Q8_0, large))[63]));
    assertRefused(
        "Elements from 32 to encode in Q4_0 need a scale beyond the range of F16;"
            + " expected smaller numbers. [MLA-0302]",
        () -> encode(DType.Q4_0, large));
  }

  private static void assertDecoded(DType dtype, byte[] block, float[] expected) {
    // Zeros of either sign.
    assertArrayEquals(expected, decode(dtype, block), 0f);
  }

  /** Blocks at an odd address, into the middle of an array. */
  private static float[] decode(DType dtype, byte[] blocks) {
    byte[] shifted = new byte[blocks.length + 1];
    System.arraycopy(blocks, 0, shifted, 1, blocks.length);
    int count = blocks.length / dtype.blockBytes() * dtype.blockElements();
    float[] values = new float[count + 2];
    BlockCodec.decode(dtype, MemorySegment.ofArray(shifted), 1, values, 1, count);
    assertEquals(0, values[0]);
    assertEquals(0, values[count + 1]);
    return Arrays.copyOfRange(values, 1, count + 1);
  }

  /** From the middle of an array to an odd address. */
  private static byte[] encode(DType dtype, float[] values) {
    float[] shifted = new float[values.length + 2];
    System.arraycopy(values, 0, shifted, 1, values.length);
    int bytes = Math.ceilDiv(values.length, dtype.blockElements()) * dtype.blockBytes();
    byte[] blocks = new byte[bytes + 1];
    BlockCodec.encode(dtype, shifted, 1, values.length, MemorySegment.ofArray(blocks), 1);
    return Arrays.copyOfRange(blocks, 1, bytes + 1);
  }

  /** A block of zeros that starts with these F16. */
  private static byte[] block(DType dtype, int... halves) {
    byte[] block = new byte[dtype.blockBytes()];
    for (int i = 0; i < halves.length; i++) {
      put(block, 2 * i, halves[i], halves[i] >> 8);
    }
    return block;
  }

  private static void put(byte[] block, int at, int... bytes) {
    for (int i = 0; i < bytes.length; i++) {
      block[at + i] = (byte) bytes[i];
    }
  }

  /** One value for all, and pairs of an index and the value there. */
  private static float[] values(int count, double rest, double... indexAndValue) {
    float[] values = new float[count];
    Arrays.fill(values, (float) rest);
    for (int i = 0; i < indexAndValue.length; i += 2) {
      values[(int) indexAndValue[i]] = (float) indexAndValue[i + 1];
    }
    return values;
  }

  private static float largestMagnitude(float[] values, int start) {
    float largest = 0;
    for (int i = start; i < start + 32; i++) {
      largest = Math.max(largest, Math.abs(values[i]));
    }
    return largest;
  }

  /** Scales of 1, least values of 0, codes of 0. */
  private static byte[] unitScales(DType dtype) {
    byte[] block = dtype == DType.Q6_K ? new byte[210] : block(dtype, ONE);
    if (dtype == DType.Q6_K) {
      put(block, 208, 0x00, ONE >> 8);
      Arrays.fill(block, 192, 208, (byte) 1);
    }
    for (int part = 0; part < 8 && (dtype == DType.Q4_K || dtype == DType.Q5_K); part++) {
      setBits(block, scaleBits(part), 1);
    }
    return block;
  }

  /** What a code stands for where all scales are 1. */
  private static float meaning(DType dtype, int code) {
    int[] table = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
    return switch (dtype) {
      case Q8_0 -> (byte) code;
      case Q4_0 -> code - 8;
      case Q5_0 -> code - 16;
      case Q6_K -> code - 32;
      case IQ4_NL -> table[code];
      default -> code;
    };
  }

  /** Where the bits of an element's code are in a block, the lowest first. */
  private static int[] codeBits(DType dtype, int element) {
    return switch (dtype) {
      case Q8_0 -> bits(2 + element, 0, 8);
      case Q4_0, IQ4_NL -> bits(2 + element % 16, element / 16 * 4, 4);
      case Q5_0 -> join(bits(6 + element % 16, element / 16 * 4, 4), bits(2, element, 1));
      case Q5_1 -> join(bits(8 + element % 16, element / 16 * 4, 4), bits(4, element, 1));
      case Q4_K -> bits(16 + element / 64 * 32 + element % 32, element % 64 / 32 * 4, 4);
      case Q5_K ->
          join(
              bits(48 + element / 64 * 32 + element % 32, element % 64 / 32 * 4, 4),
              bits(16 + element % 32, element / 32, 1));
      case Q6_K ->
          join(
              bits(element / 128 * 64 + element % 64, element % 128 / 64 * 4, 4),
              bits(128 + element / 128 * 32 + element % 32, element % 128 / 32 * 2, 2));
      default -> throw new IllegalArgumentException(dtype + "");
    };
  }

  private static int[] scaleBits(int part) {
    return part < 4 ? bits(4 + part, 0, 6) : join(bits(8 + part, 0, 4), bits(part, 6, 2));
  }

  private static int[] leastBits(int part) {
    return part < 4 ? bits(8 + part, 0, 6) : join(bits(8 + part, 4, 4), bits(4 + part, 6, 2));
  }

  private static int[] bits(int at, int shift, int count) {
    return IntStream.range(0, count).map(i -> 8 * at + shift + i).toArray();
  }

  private static int[] join(int[] low, int[] high) {
    return IntStream.concat(Arrays.stream(low), Arrays.stream(high)).toArray();
  }

  private static void setBits(byte[] block, int[] bits, int number) {
    for (int i = 0; i < bits.length; i++) {
      int at = bits[i] / 8;
      int mask = 1 << bits[i] % 8;
      block[at] = (byte) ((number >> i & 1) == 1 ? block[at] | mask : block[at] & ~mask);
    }
  }
}
