package org.mla4j.models.checkpoint;

import java.util.Arrays;
import java.util.Optional;

/** The kinds of metadata values of the GGUF format, with their numbers. */
enum GgufValueType {
  UINT8(0, 1),
  INT8(1, 1),
  UINT16(2, 2),
  INT16(3, 2),
  UINT32(4, 4),
  INT32(5, 4),
  FLOAT32(6, 4),
  BOOL(7, 1),
  STRING(8, 8),
  ARRAY(9, 12),
  UINT64(10, 8),
  INT64(11, 8),
  FLOAT64(12, 8);

  static final int MAX_NUMBER = 12;

  private final int number;
  private final int leastBytes;

  GgufValueType(int number, int leastBytes) {
    this.number = number;
    this.leastBytes = leastBytes;
  }

  /** The bytes of a number or truth value; of a string or an array, those before its contents. */
  int leastBytes() {
    return leastBytes;
  }

  boolean isInteger() {
    return switch (this) {
      case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> true;
      default -> false;
    };
  }

  boolean isFloat() {
    return this == FLOAT32 || this == FLOAT64;
  }

  /** The number that stands for this kind in a file. */
  int number() {
    return number;
  }

  static Optional<GgufValueType> of(int number) {
    return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
  }
}
