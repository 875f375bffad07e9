package org.mla4j.core.cpu.vector;

import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.cpu.kernel.OrderedKernels;
import org.mla4j.core.cpu.scalar.ScalarKernels;
import org.mla4j.core.testing.ContextGridContract;

class VectorContextGridTest extends ContextGridContract {
  @Override
  protected KernelSet kernels() {
    return new OrderedKernels(new VectorKernels(), new ScalarKernels());
  }
}
