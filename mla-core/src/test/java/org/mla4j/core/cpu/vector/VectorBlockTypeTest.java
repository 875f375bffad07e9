package org.mla4j.core.cpu.vector;

import org.junit.jupiter.api.DisplayName;
import org.mla4j.core.cpu.fused.FusedKernels;
import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.cpu.kernel.OrderedKernels;
import org.mla4j.core.cpu.scalar.ScalarKernels;
import org.mla4j.core.testing.BlockTypeContract;

/** Some types have sums of their own: close to those of floats, not the same bits. */
@DisplayName("Block types read in place")
class VectorBlockTypeTest extends BlockTypeContract {
  @Override
  protected KernelSet kernels() {
    return new FusedKernels(new OrderedKernels(new VectorKernels(false), new ScalarKernels()));
  }

  @Override
  protected double bound() {
    return 3e-6;
  }
}
