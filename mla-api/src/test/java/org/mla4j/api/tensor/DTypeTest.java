package org.mla4j.api.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DTypeTest {
  @ParameterizedTest
  @CsvSource({
    "F32,     4, true",
    "F16,     2, true",
    "BF16,    2, true",
    "F8_E4M3, 1, true",
    "I64,     8, false",
    "I32,     4, false",
    "U8,      1, false",
  })
  void hasASizeAndIsAFloatOrNot(DType dtype, int byteSize, boolean isFloat) {
    assertEquals(byteSize, dtype.byteSize());
    assertEquals(isFloat, dtype.isFloat());
  }
}
