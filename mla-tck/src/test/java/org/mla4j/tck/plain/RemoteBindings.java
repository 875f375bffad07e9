package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Storage;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;

/** The remote device's memory as its own kernels see it; what lies on the host is as it is. */
record RemoteBindings(Bindings bindings) implements Bindings {
  @Override
  public StepTensor tensor(StepValue value) {
    StepTensor bound = bindings.tensor(value);
    return new StepTensor(near(bound.tensor()), bound.rows(), bound.bufferRows());
  }

  @Override
  public Tensor cache(CacheValue value, int tensor) {
    return near(bindings.cache(value, tensor));
  }

  private static Tensor near(Tensor tensor) {
    if (!(tensor.storage() instanceof RemoteStorage remote)) {
      return tensor;
    }
    long[] strides = new long[tensor.shape().rank()];
    for (int axis = 0; axis < strides.length; axis++) {
      strides[axis] = tensor.stride(axis);
    }
    Storage near = new HostStorage(remote.segment());
    return Tensor.strided(tensor.dtype(), tensor.shape(), strides, near, tensor.byteOffset());
  }
}
