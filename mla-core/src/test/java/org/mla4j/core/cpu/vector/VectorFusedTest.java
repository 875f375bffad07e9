package org.mla4j.core.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.FusedAddRmsNorm;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.cpu.fused.FusedKernels;
import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.cpu.kernel.OrderedKernels;
import org.mla4j.core.cpu.scalar.ScalarKernels;
import org.mla4j.core.testing.ArrayWeight;
import org.mla4j.core.testing.FusedContract;
import org.mla4j.core.testing.OpTestBench;
import org.mla4j.core.testing.RandomData;

class VectorFusedTest extends FusedContract {
  @Override
  protected KernelSet kernels() {
    KernelSet vector = new VectorKernels();
    return new OrderedKernels(
        vector, new FusedKernels(new OrderedKernels(vector, new ScalarKernels())));
  }

  /** Shorter than a vector, whole vectors, every kind of rest. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 64, 100, 2047, 2048})
  void sumAndNormOfAnyWidthAreThoseOfTheirParts(int width) {
    StepValue x = StepValue.buffer("x", DType.F32, Rows.ALL, width);
    StepValue out = StepValue.buffer("out", DType.F32, Rows.ALL, width);
    Add add = new Add(x, StepValue.buffer("y", DType.F32, Rows.ALL, width));
    ArrayWeight weight = ArrayWeight.of("w", DType.BF16, new RandomData(1).normal(width), width);
    RmsNorm norm = new RmsNorm(x, weight, 1e-6, 1, out);
    try (OpTestBench parts = bench(add);
        OpTestBench fused = bench(add)) {
      parts.run(kernels(), add);
      parts.run(kernels(), norm);
      fused.run(kernels(), new FusedAddRmsNorm(add, norm));
      assertArrayEquals(parts.read(x), fused.read(x));
      assertArrayEquals(parts.read(out), fused.read(out));
    }
  }

  private static OpTestBench bench(Add add) {
    OpTestBench bench = OpTestBench.tokens(8).prefillStep(5);
    bench.fill(add.x(), new RandomData(2).normal(5 * add.x().rowWidth()));
    bench.fill(add.y(), new RandomData(3).normal(5 * add.x().rowWidth()));
    return bench;
  }
}
