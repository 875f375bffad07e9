package org.mla4j.core.execution;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;

/** The host memory behind a plan: one block for all buffers, one tensor for each cache. */
final class PlanBindings implements Bindings {
  private final BufferLayout layout;
  private final HostStorage block;
  private final Map<String, List<Tensor>> caches;
  private final StepLimits limits;

  PlanBindings(
      BufferLayout layout,
      MemorySegment block,
      Map<String, List<Tensor>> caches,
      StepLimits limits) {
    this.layout = layout;
    this.block = new HostStorage(block);
    this.caches = Map.copyOf(caches);
    this.limits = limits;
  }

  @Override
  public StepTensor tensor(StepValue value) {
    StepValue root = value.root();
    long rows = limits.max(root.rows());
    Shape shape = value.rowShape().prepend(rows);
    long[] strides = new long[shape.rank()];
    strides[0] = root.rowShape().elements();
    System.arraycopy(value.rowStrides(), 0, strides, 1, strides.length - 1);
    long offset = layout.offset(value) + value.rowOffset() * value.dtype().byteSize();
    Tensor tensor = Tensor.strided(value.dtype(), shape, strides, block, offset);
    return new StepTensor(tensor, value.rows(), root.rows());
  }

  @Override
  public Tensor cache(CacheValue value, int tensor) {
    List<Tensor> tensors = caches.get(value.name());
    if (tensors == null) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN, "Cache '" + value.name() + "' is not part of the plan.");
    }
    return tensors.get(Objects.checkIndex(tensor, tensors.size()));
  }

  boolean contains(StepValue value) {
    return layout.contains(value);
  }
}
