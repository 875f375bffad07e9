package org.mla4j.core.cpu.scalar;

import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.testing.CacheLayoutContract;

class ScalarCacheLayoutTest extends CacheLayoutContract {
  @Override
  protected KernelSet kernels() {
    return new ScalarKernels();
  }
}
