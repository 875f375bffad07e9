package org.mla4j.tck.harness;

import java.lang.foreign.MemorySegment;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.DeviceMemory;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.tensor.DeviceStorage;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Storage;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;

/**
 * The memory of benches on a device: each buffer, poison included, has a twin there, written before
 * kernels run and read back after.
 */
final class DeviceMirror {
  private final DeviceMemory memory;

  /** By identity: a new segment may lie where one was that a closed bench has freed. */
  private final IdentityHashMap<MemorySegment, DeviceStorage> twins = new IdentityHashMap<>();

  DeviceMirror(DeviceMemory memory) {
    this.memory = memory;
  }

  /** The same values on the device, but for those that stay on the host. */
  Bindings bindings(Bindings host, Set<StepValue> staying) {
    return new Bindings() {
      @Override
      public StepTensor tensor(StepValue value) {
        StepTensor bound = host.tensor(value);
        return staying.contains(value.root())
            ? bound
            : new StepTensor(twin(bound.tensor()), bound.rows(), bound.bufferRows());
      }

      @Override
      public Tensor cache(CacheValue value, int tensor) {
        return twin(host.cache(value, tensor));
      }
    };
  }

  private Tensor twin(Tensor tensor) {
    MemorySegment segment = ((HostStorage) tensor.storage()).segment();
    Storage storage =
        twins.computeIfAbsent(
            segment, bytes -> memory.allocate("conformance kit", bytes.byteSize()));
    long[] strides = new long[tensor.shape().rank()];
    for (int axis = 0; axis < strides.length; axis++) {
      strides[axis] = tensor.stride(axis);
    }
    return Tensor.strided(tensor.dtype(), tensor.shape(), strides, storage, tensor.byteOffset());
  }

  /** Brings the device up to what benches hold; those that were closed are forgotten. */
  void upload() {
    for (Iterator<Map.Entry<MemorySegment, DeviceStorage>> it = twins.entrySet().iterator();
        it.hasNext(); ) {
      Map.Entry<MemorySegment, DeviceStorage> twin = it.next();
      if (twin.getKey().scope().isAlive()) {
        memory.write(twin.getKey(), twin.getValue(), 0);
      } else {
        it.remove();
      }
    }
  }

  /** Brings benches up to what the device holds. */
  void download() {
    twins.forEach((segment, twin) -> memory.read(twin, 0, segment));
  }
}
