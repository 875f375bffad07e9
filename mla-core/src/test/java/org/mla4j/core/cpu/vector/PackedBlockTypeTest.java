package org.mla4j.core.cpu.vector;

import org.junit.jupiter.api.DisplayName;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.cpu.fused.FusedKernels;
import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.cpu.kernel.OrderedKernels;
import org.mla4j.core.cpu.scalar.ScalarKernels;
import org.mla4j.core.testing.BlockTypeContract;

/** Other orders of operations than on floats: close to those, not the same bits. */
@DisplayName("Block types packed")
class PackedBlockTypeTest extends BlockTypeContract {
  @Override
  protected KernelSet kernels() {
    return new FusedKernels(new OrderedKernels(new VectorKernels(), new ScalarKernels()));
  }

  @Override
  protected double bound() {
    return 3e-6;
  }

  /** Packed weights leave nothing of the file in use. */
  @Override
  protected int leases(DType dtype) {
    return switch (dtype) {
      case Q8_0, Q4_0, Q4_K, Q6_K -> 0;
      default -> 1;
    };
  }
}
