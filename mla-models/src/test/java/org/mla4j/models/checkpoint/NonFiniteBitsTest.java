package org.mla4j.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.Test;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.Float8E4M3;

/** Every code of the small types, and many of the large ones, in every place of a word. */
class NonFiniteBitsTest {
  private final Random random = new Random(5);

  @Test
  void knowsEveryCodeOfSixteenBits() {
    assertKnows(
        NonFiniteBits.F16,
        16,
        every(16),
        code -> Float.isFinite(Float.float16ToFloat((short) code)));
    assertKnows(
        NonFiniteBits.BF16, 16, every(16), code -> Float.isFinite(BFloat16.toFloat((short) code)));
  }

  @Test
  void knowsEveryCodeOfEightBits() {
    assertKnows(
        NonFiniteBits.F8_E4M3,
        8,
        every(8),
        code -> Float.isFinite(Float8E4M3.toFloat((byte) code)));
    // The upper half of a binary16.
    assertKnows(
        NonFiniteBits.F8_E5M2,
        8,
        every(8),
        code -> Float.isFinite(Float.float16ToFloat((short) (code << 8))));
    assertKnows(
        NonFiniteBits.F8_E8M0,
        8,
        every(8),
        code -> Float.isFinite(Float8E8M0.toFloat((byte) code)));
  }

  @Test
  void knowsTheEdgesOfWiderTypes() {
    long[] floats =
        codes(
            Float.floatToRawIntBits(Float.MAX_VALUE),
            Float.floatToRawIntBits(Float.MIN_VALUE),
            0x7F80_0000L,
            0x7F80_0001L,
            0x7FC0_0000L,
            0xFF80_0000L,
            0xFFFF_FFFFL);
    assertKnows(
        NonFiniteBits.F32, 32, floats, code -> Float.isFinite(Float.intBitsToFloat((int) code)));
    long[] doubles =
        codes(
            Double.doubleToRawLongBits(Double.MAX_VALUE),
            0x7FF0_0000_0000_0000L,
            0x7FF0_0000_0000_0001L,
            0xFFF0_0000_0000_0000L,
            -1L);
    assertKnows(
        NonFiniteBits.F64, 64, doubles, code -> Double.isFinite(Double.longBitsToDouble(code)));
  }

  @Test
  void asksEveryFloatTypeAndNoOther() {
    List<String> asked =
        Arrays.stream(StoredDType.values())
            .filter(type -> NonFiniteBits.of(type).isPresent())
            .map(Enum::name)
            .toList();
    assertEquals(List.of("F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", "F8_E8M0"), asked);
    asked.forEach(name ->
        assertEquals(name, NonFiniteBits.of(StoredDType.valueOf(name)).orElseThrow().name()));
  }

  private void assertKnows(NonFiniteBits bits, int width, long[] codes, LongPredicate isFinite) {
    int places = Long.SIZE / width;
    assertEquals(places, bits.perWord());
    for (long code : codes) {
      long element = width == 64 ? code : code & ((1L << width) - 1);
      for (int place = 0; place < places; place++) {
        // Neighbours that are finite, but have as many bits set as they can: 0 and the largest.
        long word =
            (random.nextBoolean() ? 0 : largestFinite(bits, width))
                & ~(ones(width) << (place * width));
        long marks = bits.marks(word | element << (place * width));
        long expected = isFinite.test(element) ? 0 : 1L << (place * width + width - 1);
        assertEquals(expected, marks, () -> bits + " " + Long.toHexString(element));
        if (expected != 0) {
          assertEquals(place, bits.before(marks));
        }
      }
    }
  }

  /** A word of the code that has every bit but the lowest of the mask. */
  private static long largestFinite(NonFiniteBits bits, int width) {
    long code =
        switch (bits) {
          case F64 -> 0xFFEF_FFFF_FFFF_FFFFL;
          case F32 -> 0xFF7F_FFFFL;
          case F16 -> 0xFBFFL;
          case BF16 -> 0xFF7FL;
          case F8_E5M2 -> 0xFBL;
          case F8_E4M3, F8_E8M0 -> 0xFEL;
        };
    long word = 0;
    for (int shift = 0; shift < Long.SIZE; shift += width) {
      word |= code << shift;
    }
    return word;
  }

  private static long ones(int width) {
    return width == 64 ? -1L : (1L << width) - 1;
  }

  private static long[] every(int width) {
    long[] codes = new long[1 << width];
    Arrays.setAll(codes, i -> i);
    return codes;
  }

  /** The given ones and a thousand more. */
  private long[] codes(long... edges) {
    long[] codes = Arrays.copyOf(edges, edges.length + 1000);
    for (int i = edges.length; i < codes.length; i++) {
      codes[i] = random.nextLong();
    }
    return codes;
  }
}
