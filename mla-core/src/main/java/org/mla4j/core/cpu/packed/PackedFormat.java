package org.mla4j.core.cpu.packed;

import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.tensor.DType;

/**
 * The formats that weights are packed in, each with its kernels, which are made when they are first
 * asked for. Threading: safe to share.
 */
final class PackedFormat {
  static final PackedFormat F32 = new PackedFormat(() -> new FloatCode(DType.F32));
  static final PackedFormat BF16 = new PackedFormat(() -> new FloatCode(DType.BF16));
  static final PackedFormat F16 = new PackedFormat(() -> new FloatCode(DType.F16));
  static final PackedFormat F8 = new PackedFormat(F8Code::new);
  static final PackedFormat Q8_0 = new PackedFormat(Q8Code::new);
  static final PackedFormat Q4_0 = new PackedFormat(Q4Code::new);
  static final PackedFormat Q4_K = new PackedFormat(Q4KCode::new);
  static final PackedFormat Q6_K = new PackedFormat(Q6KCode::new);

  /** Bytes of a group that are read together: those of a panel's groups fill part of a cache. */
  private static final long TOUCHED_BYTES = 32 * 1024;

  private final Supplier<BlockCode> code;
  private final BlockCode layout;
  private @Nullable GroupProduct product;
  private @Nullable GroupWidening widening;

  private PackedFormat(Supplier<BlockCode> code) {
    this.code = code;
    layout = code.get();
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

  synchronized GroupProduct product() {
    if (product == null) {
      product = GroupKernels.product(code);
    }
    return product;
  }

  synchronized GroupWidening widening() {
    if (widening == null) {
      widening = GroupKernels.widening(code);
    }
    return widening;
  }

  /** Columns that are read from memory together, a multiple of those of a panel. */
  int touchedColumns() {
    long bytes = layout.bytes(Panel.COLUMNS / layout.columns());
    return Math.max(1, (int) (TOUCHED_BYTES / bytes)) * Panel.COLUMNS;
  }

  /** Whether products need the sums of the floats. */
  boolean needsSums() {
    return layout.excess() != 0 || layout.hasLeast();
  }
}
