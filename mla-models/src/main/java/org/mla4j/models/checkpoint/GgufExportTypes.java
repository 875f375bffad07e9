package org.mla4j.models.checkpoint;

import java.util.Set;
import org.mla4j.api.tensor.DType;

/** How tensors are stored when a model is written to a GGUF file. */
final class GgufExportTypes {
  /** The version of the block types' layouts. */
  static final int QUANTIZATION_VERSION = 2;

  /** Matrices that are small and decide much: routers, and factors of the rope. */
  private static final Set<String> EXACT =
      Set.of("ffn_gate_inp.weight", GgufMiniCpm3.SHORT_FACTORS, GgufMiniCpm3.LONG_FACTORS);

  private GgufExportTypes() {}

  /** The type of a tensor where matrices shall have another one. */
  static DType of(ExportTensor tensor, DType matrices) {
    String name = tensor.name();
    if (tensor.shape().rank() < 2 || EXACT.stream().anyMatch(name::endsWith)) {
      return DType.F32;
    }
    boolean whole = tensor.shape().extent(-1) % matrices.blockElements() == 0;
    return whole ? matrices : DType.BF16;
  }

  /** The number by which llama.cpp calls a file whose matrices are mostly of a type. */
  static int fileType(DType matrices) {
    return switch (matrices) {
      case F32 -> 0;
      case F16 -> 1;
      case Q4_0 -> 2;
      case Q8_0 -> 7;
      case BF16 -> 32;
      default -> throw new IllegalArgumentException(matrices + " is never chosen");
    };
  }
}
