package org.mla4j.core.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
  private static final double BOUND = 3e-6;

  @Override
  protected KernelSet kernels() {
    return new FusedKernels(new OrderedKernels(new VectorKernels(), new ScalarKernels()));
  }

  @Override
  protected void assertSame(float[] expected, float[] actual) {
    assertEquals(expected.length, actual.length);
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs(expected[i] - actual[i]));
    }
    assertEquals(0, difference, BOUND * largest);
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
