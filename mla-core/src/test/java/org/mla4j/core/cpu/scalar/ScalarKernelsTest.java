package org.mla4j.core.cpu.scalar;

import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.testing.KernelContract;

class ScalarKernelsTest extends KernelContract {
  @Override
  protected KernelSet kernels() {
    return new ScalarKernels();
  }
}
