package org.mla4j.models.checkpoint;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.tensor.DType;

/**
 * The element types of the safetensors format. Those without one of ours can be listed but not
 * read.
 */
enum StoredDType {
  F64(8, null),
  F32(4, DType.F32),
  F16(2, DType.F16),
  BF16(2, DType.BF16),
  F8_E4M3(1, DType.F8_E4M3),
  F8_E5M2(1, null),
  /** Read as scales of blocks only. */
  F8_E8M0(1, null),
  I64(8, DType.I64),
  I32(4, DType.I32),
  I16(2, null),
  I8(1, null),
  U64(8, null),
  U32(4, null),
  U16(2, null),
  U8(1, DType.U8),
  BOOL(1, null);

  private final int byteSize;
  private final Optional<DType> dtype;

  StoredDType(int byteSize, @Nullable DType dtype) {
    this.byteSize = byteSize;
    this.dtype = Optional.ofNullable(dtype);
  }

  int byteSize() {
    return byteSize;
  }

  /** Our type, if we read it. */
  Optional<DType> dtype() {
    return dtype;
  }

  static Optional<StoredDType> of(String name) {
    return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
  }

  static String names() {
    return Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(", "));
  }

  static String readable() {
    return Arrays.stream(values())
        .filter(type -> type.dtype.filter(DType::isFloat).isPresent())
        .map(Enum::name)
        .collect(Collectors.joining(", "));
  }
}
