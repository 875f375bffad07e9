package org.mla4j.core.cpu.packed;

import java.util.Optional;
import java.util.function.Supplier;
import org.mla4j.api.tensor.DType;

/** The formats that weights are packed in, each with its kernels. */
enum PackedFormat {
  F32(() -> new FloatCode(DType.F32)),
  BF16(() -> new FloatCode(DType.BF16)),
  F16(() -> new FloatCode(DType.F16)),
  F8(F8Code::new),
  Q8_0(Q8Code::new),
  Q4_0(Q4Code::new),
  Q4_K(Q4KCode::new),
  Q6_K(Q6KCode::new);

  private final BlockCode layout;
  private final GroupProduct product;
  private final GroupWidening widening;

  PackedFormat(Supplier<BlockCode> code) {
    layout = code.get();
    product = GroupKernels.product(code);
    widening = GroupKernels.widening(code);
  }

  /** The format that plain weights of a type are packed in; empty if they are not packed. */
  static Optional<PackedFormat> of(DType dtype) {
    return switch (dtype) {
      case F32 -> Optional.of(F32);
      case BF16 -> Optional.of(BF16);
      case F16 -> Optional.of(F16);
      case Q8_0 -> Optional.of(Q8_0);
      case Q4_0 -> Optional.of(Q4_0);
      case Q4_K -> Optional.of(Q4_K);
      case Q6_K -> Optional.of(Q6_K);
      default -> Optional.empty();
    };
  }

  /** How a group lies in memory. */
  BlockCode layout() {
    return layout;
  }

  GroupProduct product() {
    return product;
  }

  GroupWidening widening() {
    return widening;
  }

  /** Whether products need the sums of the floats. */
  boolean needsSums() {
    return layout.excess() != 0 || layout.hasLeast();
  }
}
