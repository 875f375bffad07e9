package org.mla4j.core.cpu.vector;

import org.junit.jupiter.api.DisplayName;
import org.mla4j.core.cpu.fused.FusedKernels;
import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.cpu.kernel.OrderedKernels;
import org.mla4j.core.cpu.scalar.ScalarKernels;
import org.mla4j.core.testing.BlockTypeContract;

@DisplayName("Block types read in place in deterministic mode")
class DeterministicBlockTypeTest extends BlockTypeContract {
  @Override
  protected KernelSet kernels() {
    return new FusedKernels(new OrderedKernels(new VectorKernels(false), new ScalarKernels()));
  }

  @Override
  protected boolean deterministic() {
    return true;
  }
}
