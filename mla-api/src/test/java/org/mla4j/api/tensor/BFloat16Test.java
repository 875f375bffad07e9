package org.mla4j.api.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class BFloat16Test {
  private static final int CODES = 1 << 16;

  private static boolean isNaN(int code) {
    return Float.isNaN(BFloat16.toFloat((short) code));
  }

  /** The float with these upper and lower halves. */
  private static float halves(int upper, int lower) {
    return Float.intBitsToFloat(upper << 16 | lower);
  }

  private static int encode(float value) {
    return BFloat16.fromFloat(value) & 0xFFFF;
  }

  @Test
  void everyCodeIsTheUpperHalfOfAFloat() {
    for (int code = 0; code < CODES; code++) {
      int bits = Float.floatToRawIntBits(BFloat16.toFloat((short) code));
      assertEquals(code << 16, bits, Integer.toHexString(code));
    }
  }

  @Test
  void everyCodeSurvivesTheRoundTrip() {
    for (int code = 0; code < CODES; code++) {
      if (!isNaN(code)) {
        assertEquals(code, encode(BFloat16.toFloat((short) code)), Integer.toHexString(code));
      }
    }
  }

  @Test
  void belowHalfwayRoundsTowardsZeroAndAboveAway() {
    for (int code = 0; code < CODES; code++) {
      if (!isNaN(code) && !Float.isInfinite(BFloat16.toFloat((short) code))) {
        String what = Integer.toHexString(code);
        assertEquals(code, encode(halves(code, 0x7FFF)), what);
        assertEquals(code + 1, encode(halves(code, 0x8001)), what);
      }
    }
  }

  @Test
  void halfwayRoundsToTheEvenCode() {
    for (int code = 0; code < CODES; code++) {
      if (!isNaN(code) && !Float.isInfinite(BFloat16.toFloat((short) code))) {
        int even = (code & 1) == 0 ? code : code + 1;
        assertEquals(even, encode(halves(code, 0x8000)), Integer.toHexString(code));
      }
    }
  }

  @Test
  void overflowGivesInfinity() {
    assertEquals(0x7F80, encode(Float.MAX_VALUE));
    assertEquals(0xFF80, encode(-Float.MAX_VALUE));
    assertEquals(0x7F80, encode(Float.POSITIVE_INFINITY));
    assertEquals(0xFF80, encode(Float.NEGATIVE_INFINITY));
  }

  @Test
  void zerosKeepTheirSign() {
    assertEquals(0x0000, encode(0f));
    assertEquals(0x8000, encode(-0f));
  }

  @Test
  void subnormalsAreKept() {
    assertEquals(0x0001, encode(halves(1, 0)));
    assertEquals(0x0000, encode(Float.MIN_VALUE));
  }

  @Test
  void everyNaNStaysAQuietNaNOfItsSign() {
    for (int payload = 1; payload < 1 << 23; payload += 1 + payload / 7) {
      for (int sign : new int[] {0, 1 << 31}) {
        int code = encode(Float.intBitsToFloat(sign | 0x7F800000 | payload));
        assertTrue(isNaN(code), Integer.toHexString(code));
        assertEquals(0x40, code & 0x40, "quiet");
        assertEquals(sign >>> 16, code & 0x8000, "sign");
      }
    }
  }
}
