package org.mla4j.opencl.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.opencl.device.ClBuffer;
import org.mla4j.opencl.device.ClKernel;
import org.mla4j.opencl.device.OpenDevice;

/** The rows of a cache on the device, one after another, as arguments of a kernel. */
final class DeviceCache {
  private final CacheSpec spec;
  private final Tensor tensor;

  DeviceCache(Bindings bindings, CacheValue cache) {
    spec = cache.spec();
    tensor = bindings.cache(cache);
  }

  /** Makes a kernel that knows what the cells of a row are. */
  ClKernel kernel(OpenDevice device, String name) {
    return kernel(device, name, cell(spec));
  }

  /** Makes a kernel of the same source that reads no cache. */
  static ClKernel withoutCache(OpenDevice device, String name) {
    return kernel(device, name, 0);
  }

  private static ClKernel kernel(OpenDevice device, String name, int cell) {
    return device.kernel("attention", Groups.OPTIONS + " -D CELL=" + cell, name);
  }

  private static int cell(CacheSpec spec) {
    if (spec.format() == CacheSpec.Format.FP8_DS_MLA) {
      return 4;
    }
    return switch (spec.dtype()) {
      case F32 -> 0;
      case BF16 -> 1;
      case F16 -> 2;
      case F8_E4M3 -> 3;
      default -> throw new IllegalArgumentException("No cache cells of " + spec.dtype() + ".");
    };
  }

  /** Sets the next four arguments: the buffer, its start and the size of a row in bytes, scale. */
  void rows(ClKernel kernel) {
    kernel.buffer((ClBuffer) tensor.storage());
    kernel.offset(tensor.byteOffset());
    kernel.offset(spec.bytesPerToken());
    kernel.number(spec.scale());
  }

  /** Whether there is nothing to read or write. */
  boolean isEmpty() {
    return tensor.shape().elements() == 0;
  }
}
