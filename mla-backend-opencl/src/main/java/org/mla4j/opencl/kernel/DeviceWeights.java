package org.mla4j.opencl.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightForm;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.opencl.device.ClBuffer;
import org.mla4j.opencl.device.OpenDevice;

/**
 * The weights on the device, each uploaded once for all kernels that want it in one form: F32,
 * BF16, F16, Q8_0 and Q4_0 as stored, everything else widened to F32. Host memory is used for one
 * piece at a time.
 */
final class DeviceWeights {
  private static final long PIECE = 4 << 20;

  /** Element types that kernels read as they are stored; its place in the list tells them which. */
  private static final List<DType> READ_AS_STORED =
      List.of(DType.F32, DType.BF16, DType.F16, DType.Q8_0, DType.Q4_0);

  private final OpenDevice device;
  private final IdentityHashMap<WeightHandle, Stored> stored = new IdentityHashMap<>();
  private final IdentityHashMap<WeightHandle, Stored> widened = new IdentityHashMap<>();
  private final List<Stored> stacks = new ArrayList<>();

  /**
   * A weight on the device, or several one after another.
   *
   * @param handles where it comes from
   * @param dtype its element type there
   * @param buffer dense and row-major
   */
  record Stored(List<WeightHandle> handles, DType dtype, ClBuffer buffer) {
    /** How the kernel source names the type. */
    String option() {
      return "-D WEIGHT=" + READ_AS_STORED.indexOf(dtype);
    }

    @SuppressWarnings("ReferenceEquality") // handles are compared by identity
    boolean isOf(List<WeightHandle> wanted, DType wantedType) {
      if (dtype != wantedType || handles.size() != wanted.size()) {
        return false;
      }
      for (int i = 0; i < wanted.size(); i++) {
        if (handles.get(i) != wanted.get(i)) {
          return false;
        }
      }
      return true;
    }
  }

  DeviceWeights(OpenDevice device) {
    this.device = device;
  }

  /** A matrix, as it is stored if kernels can read that. */
  Stored matrix(WeightHandle weight) {
    DType dtype = common(List.of(weight));
    return dtype == DType.F32
        ? widened(weight)
        : stored.computeIfAbsent(weight, handle -> place(List.of(handle), dtype));
  }

  /** A weight as F32. */
  Stored widened(WeightHandle weight) {
    return widened.computeIfAbsent(weight, handle -> place(List.of(handle), DType.F32));
  }

  /** Weights one after another. */
  Stored stacked(List<WeightHandle> weights, DType dtype) {
    for (Stored stack : stacks) {
      if (stack.isOf(weights, dtype)) {
        return stack;
      }
    }
    Stored made = place(weights, dtype);
    stacks.add(made);
    return made;
  }

  /** The type that all weights are stored in, if kernels can read it; F32 otherwise. */
  @SafeVarargs
  static DType common(List<WeightHandle>... lists) {
    DType first = lists[0].getFirst().dtype();
    for (List<WeightHandle> list : lists) {
      for (WeightHandle weight : list) {
        if (weight.dtype() != first || !(weight.form() instanceof WeightForm.Plain)) {
          return DType.F32;
        }
      }
    }
    return READ_AS_STORED.contains(first) ? first : DType.F32;
  }

  /** Bytes of weights one after another. */
  static long bytes(List<WeightHandle> weights, DType dtype) {
    long bytes = 0;
    for (WeightHandle weight : weights) {
      bytes = Math.addExact(bytes, dtype.byteCount(weight.shape().elements()));
    }
    return bytes;
  }

  private Stored place(List<WeightHandle> handles, DType dtype) {
    Stored made =
        new Stored(handles, dtype, device.memory().allocate("weights", bytes(handles, dtype)));
    take(made);
    return made;
  }

  private void take(Stored weight) {
    long offset = 0;
    for (WeightHandle handle : weight.handles()) {
      take(handle, weight, offset);
      offset += weight.dtype().byteCount(handle.shape().elements());
    }
  }

  private void take(WeightHandle handle, Stored weight, long offset) {
    boolean asStored =
        handle.dtype() == weight.dtype() && handle.form() instanceof WeightForm.Plain;
    long bytes = weight.dtype().byteCount(handle.shape().elements());
    try (Arena arena = Arena.ofConfined()) {
      if (asStored) {
        MemorySegment space = arena.allocate(Math.min(PIECE, bytes), 64);
        for (long done = 0; done < bytes; done += PIECE) {
          MemorySegment piece = space.asSlice(0, Math.min(PIECE, bytes - done));
          handle.read(done, piece);
          device.memory().write(piece, weight.buffer(), offset + done);
        }
      } else {
        MemorySegment whole = arena.allocate(bytes, 64);
        handle.materialise(Tensor.dense(weight.dtype(), handle.shape(), whole));
        device.memory().write(whole, weight.buffer(), offset);
      }
    }
  }

  /** Takes all of them again, into the same buffers. */
  void reload() {
    stored.values().forEach(this::take);
    widened.values().forEach(this::take);
    stacks.forEach(this::take);
  }
}
