package org.mla4j.opencl.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.IdentityHashMap;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightForm;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.opencl.device.ClBuffer;
import org.mla4j.opencl.device.OpenDevice;

/**
 * The weights on the device, each uploaded once for all kernels that want it in one form: F32, BF16
 * and F16 as stored, everything else widened to F32. Host memory is used for one piece at a time.
 */
final class DeviceWeights {
  private static final long PIECE = 4 << 20;

  private final OpenDevice device;
  private final IdentityHashMap<WeightHandle, Stored> stored = new IdentityHashMap<>();
  private final IdentityHashMap<WeightHandle, Stored> widened = new IdentityHashMap<>();

  /**
   * A weight on the device.
   *
   * @param handle where it comes from
   * @param dtype its element type there
   * @param buffer dense and row-major
   */
  record Stored(WeightHandle handle, DType dtype, ClBuffer buffer) {
    /** How the kernel source names the type. */
    String option() {
      return "-D WEIGHT=" + (dtype == DType.F32 ? 0 : dtype == DType.BF16 ? 1 : 2);
    }
  }

  DeviceWeights(OpenDevice device) {
    this.device = device;
  }

  /** A matrix, in 16 bits if it is stored so. */
  Stored matrix(WeightHandle weight) {
    boolean narrow = weight.dtype() == DType.BF16 || weight.dtype() == DType.F16;
    if (!narrow || !(weight.form() instanceof WeightForm.Plain)) {
      return widened(weight);
    }
    return stored.computeIfAbsent(weight, handle -> place(handle, handle.dtype()));
  }

  /** A weight as F32. */
  Stored widened(WeightHandle weight) {
    return widened.computeIfAbsent(weight, handle -> place(handle, DType.F32));
  }

  private Stored place(WeightHandle handle, DType dtype) {
    long bytes = dtype.byteCount(handle.shape().elements());
    Stored made = new Stored(handle, dtype, device.memory().allocate("weights", bytes));
    take(made);
    return made;
  }

  private void take(Stored weight) {
    boolean asStored =
        weight.handle().dtype() == weight.dtype()
            && weight.handle().form() instanceof WeightForm.Plain;
    long bytes = weight.dtype().byteCount(weight.handle().shape().elements());
    try (Arena arena = Arena.ofConfined()) {
      if (asStored) {
        for (long done = 0; done < bytes; done += PIECE) {
          MemorySegment piece = arena.allocate(Math.min(PIECE, bytes - done), 64);
          weight.handle().read(done, piece);
          device.memory().write(piece, weight.buffer(), done);
        }
      } else {
        MemorySegment whole = arena.allocate(bytes, 64);
        weight.handle().materialise(Tensor.dense(weight.dtype(), weight.handle().shape(), whole));
        device.memory().write(whole, weight.buffer(), 0);
      }
    }
  }

  /** Takes all of them again, into the same buffers. */
  void reload() {
    stored.values().forEach(this::take);
    widened.values().forEach(this::take);
  }
}
