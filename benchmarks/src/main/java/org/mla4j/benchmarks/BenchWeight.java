package org.mla4j.benchmarks;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.api.weight.WeightLease;

/**
 * A plain weight in memory.
 *
 * @param name its name
 * @param tensor its elements
 */
record BenchWeight(String name, Tensor tensor) implements WeightHandle {
  BenchWeight(Tensor tensor) {
    this("weight", tensor);
  }

  @Override
  public DType dtype() {
    return tensor.dtype();
  }

  @Override
  public Shape shape() {
    return tensor.shape();
  }

  @Override
  public boolean isPlain() {
    return true;
  }

  @Override
  public WeightLease lease() {
    return new Lease(tensor);
  }

  @Override
  public void materialise(Tensor target) {
    if (target.dtype() != tensor.dtype()) {
      throw new IllegalArgumentException("A benchmark converts no weights.");
    }
    long bytes = tensor.dtype().byteCount(tensor.shape().elements());
    MemorySegment.copy(
        tensor.segment(), tensor.byteOffset(), target.segment(), target.byteOffset(), bytes);
  }

  private record Lease(Tensor tensor) implements WeightLease {
    @Override
    public void close() {}
  }
}
