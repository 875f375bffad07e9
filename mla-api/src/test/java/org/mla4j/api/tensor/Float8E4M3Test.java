package org.mla4j.api.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Float8E4M3Test {
  private static final int LARGEST = 0x7E;
  private static final int NAN = 0x7F;
  private static final int SIGN = 0x80;

  private static float decode(int code) {
    return Float8E4M3.toFloat((byte) code);
  }

  private static int encode(float value) {
    return Float8E4M3.fromFloat(value) & 0xFF;
  }

  @ParameterizedTest
  @CsvSource({
    "0x00, 0",
    "0x01, 0x1p-9", // the smallest subnormal
    "0x07, 0x7p-9", // the largest subnormal
    "0x08, 0x1p-6", // the smallest normal
    "0x38, 1",
    "0x39, 1.125",
    "0x40, 2",
    "0x7E, 448",
    "0xB8, -1",
    "0xFE, -448",
  })
  void codesMeanSignExponentAndMantissa(String code, float value) {
    assertEquals(value, decode(Integer.decode(code)));
  }

  @Test
  void zeroHasTwoSigns() {
    assertEquals(-0f, decode(0x80));
    assertEquals(0x80, encode(-0f));
    assertEquals(0x00, encode(0f));
  }

  @Test
  void twoCodesAreNaN() {
    for (int code = 0; code < 256; code++) {
      boolean isNaN = (code & NAN) == NAN;
      assertEquals(isNaN, Float.isNaN(decode(code)), Integer.toHexString(code));
    }
  }

  @Test
  void valuesGrowWithTheCode() {
    for (int code = 0; code < LARGEST; code++) {
      assertTrue(decode(code) < decode(code + 1), Integer.toHexString(code));
    }
  }

  @Test
  void everyCodeSurvivesTheRoundTrip() {
    for (int code = 0; code < 256; code++) {
      if (!Float.isNaN(decode(code))) {
        assertEquals(code, encode(decode(code)), Integer.toHexString(code));
      }
    }
  }

  @Test
  void halfwayRoundsToTheEvenCodeAndTheRestToTheNearest() {
    for (int code = 0; code < LARGEST; code++) {
      float halfway = (decode(code) + decode(code + 1)) / 2; // exact: few bits
      int even = (code & 1) == 0 ? code : code + 1;
      String what = Integer.toHexString(code);
      assertEquals(even, encode(halfway), what);
      assertEquals(code, encode(Math.nextDown(halfway)), what);
      assertEquals(code + 1, encode(Math.nextUp(halfway)), what);
      assertEquals(SIGN | even, encode(-halfway), what);
      assertEquals(SIGN | code, encode(Math.nextUp(-halfway)), what);
      assertEquals(SIGN | code + 1, encode(Math.nextDown(-halfway)), what);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {448, 449, 464, 465, 1e6f, Float.MAX_VALUE, Float.POSITIVE_INFINITY})
  void whatIsTooLargeSaturates(float value) {
    assertEquals(LARGEST, encode(value));
    assertEquals(SIGN | LARGEST, encode(-value));
  }

  @Test
  void whatIsTooSmallBecomesZeroOfItsSign() {
    assertEquals(0x00, encode(Float.MIN_VALUE));
    assertEquals(0x80, encode(-Float.MIN_VALUE));
    assertEquals(0x00, encode(0x1p-10f)); // halfway to the smallest code: even is zero
    assertEquals(0x01, encode(Math.nextUp(0x1p-10f)));
  }

  @Test
  void everyNaNIsTheOneCode() {
    assertEquals(NAN, encode(Float.NaN));
    assertEquals(NAN, encode(Float.intBitsToFloat(0xFFC00001)));
    assertEquals(NAN, encode(Float.intBitsToFloat(0x7F800001)));
  }

  @Test
  void theLargestValueIsADeclaredConstant() {
    assertEquals(Float8E4M3.MAX_VALUE, decode(LARGEST));
  }
}
