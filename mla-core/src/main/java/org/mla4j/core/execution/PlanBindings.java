package org.mla4j.core.execution;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Storage;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.plan.Place;
import org.mla4j.core.plan.Residency;

/** The memory behind a plan, as the nodes of one device see it. */
final class PlanBindings implements Bindings {
  private final Residency residency;
  private final String device;
  private final BufferLayout layout;
  private final Map<String, Storage> blocks;
  private final Map<String, List<Tensor>> caches;
  private final StepLimits limits;

  PlanBindings(
      Residency residency,
      String device,
      BufferLayout layout,
      Map<String, Storage> blocks,
      Map<String, List<Tensor>> caches,
      StepLimits limits) {
    this.residency = residency;
    this.device = device;
    this.layout = layout;
    this.blocks = blocks;
    this.caches = caches;
    this.limits = limits;
  }

  @Override
  public StepTensor tensor(StepValue value) {
    StepValue root = value.root();
    Place place = residency.of(value, device);
    long rows = limits.max(root.rows());
    Shape shape = value.rowShape().prepend(rows);
    long[] strides = new long[shape.rank()];
    strides[0] = root.rowShape().elements();
    System.arraycopy(value.rowStrides(), 0, strides, 1, strides.length - 1);
    long offset = layout.offset(place) + value.rowOffset() * value.dtype().byteSize();
    Storage block = Objects.requireNonNull(blocks.get(place.device()));
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
}
