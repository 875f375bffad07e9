package org.mla4j.core.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.Float8E4M3;
import org.mla4j.core.testing.GoldenFile;
import tools.jackson.databind.JsonNode;

@DisplayName("Conversions of small floats against reference outputs, bit for bit")
class GoldenNumbersTest {
  private static final GoldenFile GOLDEN = GoldenFile.ops();

  @Test
  void float8DecodesEveryCode() {
    float[] expected = GOLDEN.floats(GOLDEN.op("e4m3"), "decode_table_float32");
    float[] actual = new float[256];
    for (int code = 0; code < actual.length; code++) {
      actual[code] = Float8E4M3.toFloat((byte) code);
    }
    assertBitsEqual(expected, actual);
  }

  @Test
  void float8RoundsToNearestEvenAndSaturates() {
    JsonNode golden = GOLDEN.op("e4m3");
    float[] x = GOLDEN.floats(golden, "encode_x");
    byte[] actual = new byte[x.length];
    for (int i = 0; i < x.length; i++) {
      actual[i] = Float8E4M3.fromFloat(x[i]);
    }
    assertArrayEquals(GOLDEN.bytes(golden, "encode_code"), actual);
  }

  @Test
  void bfloat16RoundsToNearestEven() {
    JsonNode golden = GOLDEN.op("bf16");
    int[] bits = GOLDEN.ints(golden, "float32_bits");
    short[] actual = new short[bits.length];
    for (int i = 0; i < bits.length; i++) {
      actual[i] = BFloat16.fromFloat(Float.intBitsToFloat(bits[i]));
    }
    assertArrayEquals(GOLDEN.shorts(golden, "bf16_bits"), actual);
  }

  @Test
  void float16DecodesAsTheJdkDoes() {
    JsonNode golden = GOLDEN.op("f16_decode");
    short[] bits = GOLDEN.shorts(golden, "bits");
    float[] actual = new float[bits.length];
    for (int i = 0; i < bits.length; i++) {
      actual[i] = Float.float16ToFloat(bits[i]);
    }
    assertBitsEqual(GOLDEN.floats(golden, "values"), actual);
  }

  /** NaN equals NaN whatever its payload; 0 and -0 differ. */
  private static void assertBitsEqual(float[] expected, float[] actual) {
    assertEquals(expected.length, actual.length);
    IntStream.range(0, expected.length)
        .forEach(i -> assertEquals(expected[i], actual[i], "element " + i));
  }
}
