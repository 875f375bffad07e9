package org.mla4j.core.cpu.fused;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.core.cpu.kernel.CpuContext;

/**
 * The memory behind the values of a fused op, those included that exist only between its parts.
 *
 * <p>A buffer that a part writes and the op does not is inner: it lies in memory that all fused
 * kernels of a backend share. A view of one that the op does write, such as the key of a projection
 * to latent and key, has to be {@linkplain #copiesOut copied out}.
 */
final class InnerValues implements Bindings {
  private final Bindings outside;
  private final StepLimits limits;
  private final Map<StepValue, HostStorage> inner = new HashMap<>();
  private final Map<StepValue, StepValue> outsideOf = new LinkedHashMap<>();

  InnerValues(FusedOp op, Bindings outside, CpuContext context) {
    this.outside = outside;
    limits = context.engine().limits();
    List<Value> written = op.writes();
    op.parts().stream()
        .flatMap(part -> stepValues(part.writes()))
        .filter(value -> !written.contains(value) && !written.contains(value.root()))
        .map(StepValue::root)
        .distinct()
        .forEach(root -> inner.put(root, allocate(root, inner.size(), context)));
    stepValues(written)
        .filter(value -> inner.containsKey(value.root()))
        .forEach(value -> outsideOf.put(target(value), value));
  }

  private static Stream<StepValue> stepValues(List<Value> values) {
    return values.stream().filter(StepValue.class::isInstance).map(StepValue.class::cast);
  }

  private HostStorage allocate(StepValue root, int index, CpuContext context) {
    long elements = (long) limits.max(root.rows()) * root.rowWidth();
    long bytes = elements * root.dtype().byteSize();
    return new HostStorage(context.betweenParts().get(index, bytes));
  }

  /** A value by another name: that which lies outside. */
  private static StepValue target(StepValue value) {
    return value.narrow(value.name() + " outside", 0, 0, value.rowShape().extent(0));
  }

  /** What has to be copied when all parts have run. */
  List<CopyTo> copiesOut() {
    List<CopyTo> copies = new ArrayList<>();
    outsideOf.forEach((target, value) -> copies.add(new CopyTo(value, target)));
    return copies;
  }

  @Override
  public StepTensor tensor(StepValue value) {
    StepValue original = outsideOf.get(value);
    if (original != null) {
      return outside.tensor(original);
    }
    HostStorage storage = inner.get(value.root());
    return storage == null ? outside.tensor(value) : tensor(value, storage);
  }

  private StepTensor tensor(StepValue value, HostStorage storage) {
    StepValue root = value.root();
    long[] rowStrides = value.rowStrides();
    long[] strides = new long[rowStrides.length + 1];
    strides[0] = root.rowWidth();
    System.arraycopy(rowStrides, 0, strides, 1, rowStrides.length);
    Shape shape = value.rowShape().prepend(limits.max(root.rows()));
    long offset = value.rowOffset() * value.dtype().byteSize();
    Tensor tensor = Tensor.strided(value.dtype(), shape, strides, storage, offset);
    return new StepTensor(tensor, value.rows(), root.rows());
  }

  @Override
  public Tensor cache(CacheValue value, int tensor) {
    return outside.cache(value, tensor);
  }
}
