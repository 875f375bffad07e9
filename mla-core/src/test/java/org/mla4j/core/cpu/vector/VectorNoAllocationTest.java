package org.mla4j.core.cpu.vector;

import org.mla4j.core.cpu.fused.FusedKernels;
import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.cpu.kernel.OrderedKernels;
import org.mla4j.core.cpu.scalar.ScalarKernels;
import org.mla4j.core.testing.NoAllocationContract;

class VectorNoAllocationTest extends NoAllocationContract {
  @Override
  protected KernelSet kernels() {
    KernelSet vector = new VectorKernels();
    return new OrderedKernels(
        vector, new FusedKernels(new OrderedKernels(vector, new ScalarKernels())));
  }
}
