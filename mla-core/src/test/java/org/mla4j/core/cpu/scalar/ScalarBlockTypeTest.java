package org.mla4j.core.cpu.scalar;

import org.mla4j.core.cpu.fused.FusedKernels;
import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.testing.BlockTypeContract;

class ScalarBlockTypeTest extends BlockTypeContract {
  @Override
  protected KernelSet kernels() {
    return new FusedKernels(new ScalarKernels());
  }
}
