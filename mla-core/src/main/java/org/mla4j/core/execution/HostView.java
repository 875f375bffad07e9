package org.mla4j.core.execution;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.tensor.DeviceStorage;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;

/** Values in memory of the host: what lies on a device is copied whenever it is asked for. */
final class HostView implements Bindings {
  private final Bindings bindings;
  private final Reader reader;

  /** Copies from a device. */
  @FunctionalInterface
  interface Reader {
    MemorySegment copy(DeviceStorage from, long offset, long bytes);
  }

  HostView(Bindings bindings, Reader reader) {
    this.bindings = bindings;
    this.reader = reader;
  }

  @Override
  public StepTensor tensor(StepValue value) {
    StepTensor bound = bindings.tensor(value);
    return new StepTensor(onHost(bound.tensor()), bound.rows(), bound.bufferRows());
  }

  @Override
  public Tensor cache(CacheValue value, int tensor) {
    return onHost(bindings.cache(value, tensor));
  }

  private Tensor onHost(Tensor tensor) {
    return switch (tensor.storage()) {
      case HostStorage _ -> tensor;
      case DeviceStorage device -> {
        long[] strides = new long[tensor.shape().rank()];
        long elements = 1;
        for (int axis = 0; axis < strides.length; axis++) {
          strides[axis] = tensor.stride(axis);
          elements += (tensor.shape().extent(axis) - 1) * strides[axis];
        }
        long bytes = tensor.shape().elements() == 0 ? 0 : tensor.dtype().byteCount(elements);
        MemorySegment copy = reader.copy(device, tensor.byteOffset(), bytes);
        yield Tensor.strided(tensor.dtype(), tensor.shape(), strides, new HostStorage(copy), 0);
      }
    };
  }
}
