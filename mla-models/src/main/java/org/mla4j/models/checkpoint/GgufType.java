package org.mla4j.models.checkpoint;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.tensor.DType;

/**
 * The element types of tensors in GGUF files, with their numbers. Those without one of ours can be
 * listed but not read.
 */
enum GgufType {
  F32(0, DType.F32),
  F16(1, DType.F16),
  Q4_0(2, DType.Q4_0),
  Q4_1(3, 32, 20),
  Q5_0(6, DType.Q5_0),
  Q5_1(7, DType.Q5_1),
  Q8_0(8, DType.Q8_0),
  Q8_1(9, 32, 36),
  Q2_K(10, 256, 84),
  Q3_K(11, 256, 110),
  Q4_K(12, DType.Q4_K),
  Q5_K(13, DType.Q5_K),
  Q6_K(14, DType.Q6_K),
  Q8_K(15, 256, 292),
  IQ2_XXS(16, 256, 66),
  IQ2_XS(17, 256, 74),
  IQ3_XXS(18, 256, 98),
  IQ1_S(19, 256, 50),
  IQ4_NL(20, DType.IQ4_NL),
  IQ3_S(21, 256, 110),
  IQ2_S(22, 256, 82),
  IQ4_XS(23, 256, 136),
  I8(24, 1, 1),
  I16(25, 1, 2),
  I32(26, 1, 4),
  I64(27, 1, 8),
  F64(28, 1, 8),
  IQ1_M(29, 256, 56),
  BF16(30, DType.BF16),
  TQ1_0(34, 256, 54),
  TQ2_0(35, 256, 66),
  MXFP4(39, 32, 17);

  private static final GgufType[] ALL = values();

  private final int number;
  private final int blockElements;
  private final int blockBytes;
  private final @Nullable DType dtype;

  GgufType(int number, DType dtype) {
    this.number = number;
    this.blockElements = dtype.blockElements();
    this.blockBytes = dtype.blockBytes();
    this.dtype = dtype;
  }

  GgufType(int number, int blockElements, int blockBytes) {
    this.number = number;
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
    this.dtype = null;
  }

  /** The number that stands for this type in a file. */
  int number() {
    return number;
  }

  /** How many neighbours in a row are stored together. */
  int blockElements() {
    return blockElements;
  }

  /** The bytes of as many elements as are stored together. */
  int blockBytes() {
    return blockBytes;
  }

  /** Our type, if we read it. */
  Optional<DType> dtype() {
    return Optional.ofNullable(dtype);
  }

  static Optional<GgufType> of(int number) {
    return Arrays.stream(ALL).filter(type -> type.number == number).findFirst();
  }

  /** The type that stores one of ours. */
  static Optional<GgufType> of(DType dtype) {
    return Arrays.stream(ALL).filter(type -> type.dtype == dtype).findFirst();
  }

  static String readable() {
    return Arrays.stream(ALL)
        .filter(type -> type.dtype != null)
        .map(Enum::name)
        .collect(Collectors.joining(", "));
  }
}
