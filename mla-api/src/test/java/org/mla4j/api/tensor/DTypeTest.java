package org.mla4j.api.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
    assertFalse(dtype.isBlockType());
    assertEquals(1, dtype.blockElements());
    assertEquals(3L * byteSize, dtype.byteCount(3));
  }

  @ParameterizedTest
  @CsvSource({
    "Q8_0,   32,  34",
    "Q4_0,   32,  18",
    "Q5_0,   32,  22",
    "Q5_1,   32,  24",
    "Q4_K,   256, 144",
    "Q5_K,   256, 176",
    "Q6_K,   256, 210",
    "IQ4_NL, 32,  18",
  })
  void blockTypesCountWholeBlocks(DType dtype, int elements, int bytes) {
    assertTrue(dtype.isBlockType());
    assertFalse(dtype.isFloat());
    assertEquals(elements, dtype.blockElements());
    assertEquals(bytes, dtype.blockBytes());
    assertEquals(5L * bytes, dtype.byteCount(5L * elements));
    assertEquals(
        elements + 1 + " elements of " + dtype + "; expected a multiple of " + elements + ".",
        assertThrows(IllegalArgumentException.class, () -> dtype.byteCount(elements + 1))
            .getMessage());
    assertEquals(
        "One element of "
            + dtype
            + " has no size in bytes: "
            + elements
            + " of them share "
            + bytes
            + ".",
        assertThrows(UnsupportedOperationException.class, dtype::byteSize).getMessage());
  }
}
