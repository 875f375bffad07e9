package org.mla4j.core.cpu.scalar;

import org.mla4j.core.cpu.fused.FusedKernels;
import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.testing.NoAllocationContract;

class ScalarNoAllocationTest extends NoAllocationContract {
  @Override
  protected KernelSet kernels() {
    return new FusedKernels(new ScalarKernels());
  }
}
