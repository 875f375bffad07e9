package org.mla4j.core.cpu.kernel;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.api.weight.WeightLease;

/**
 * The weights of one opened backend: each handle is taken once, however many kernels share it.
 *
 * <p>Threading: filled by the thread that creates kernels, then only read.
 */
public final class WeightStore implements AutoCloseable {
  private final EngineContext context;
  private final IdentityHashMap<WeightHandle, Tensor> stored = new IdentityHashMap<>();
  private final IdentityHashMap<WeightHandle, Tensor> widened = new IdentityHashMap<>();
  private final List<WeightLease> leases = new ArrayList<>();
  private final List<Runnable> reloads = new ArrayList<>();
  private long whereabouts;

  WeightStore(EngineContext context) {
    this.context = context;
  }

  /**
   * Returns a large weight in the form kernels read in place: as stored, mapped, when that is F32,
   * BF16, F16 or a block type; otherwise dequantised to F32 once.
   *
   * @param handle the weight
   * @return a dense host tensor of type F32, BF16, F16 or a block type, possibly not aligned
   */
  public Tensor inPlace(WeightHandle handle) {
    return stored.computeIfAbsent(
        handle,
        weight ->
            weight.isPlain() && isReadInPlace(weight.dtype()) ? lease(weight) : widened(weight));
  }

  private static boolean isReadInPlace(DType dtype) {
    return switch (dtype) {
      case F32, BF16, F16 -> true;
      default -> dtype.isBlockType();
    };
  }

  /**
   * Returns a small weight (a norm, a bias, a rope table) as F32.
   *
   * @param handle the weight
   * @return a dense, aligned F32 host tensor
   */
  public Tensor widened(WeightHandle handle) {
    return widened.computeIfAbsent(
        handle,
        weight -> {
          Tensor target =
              Tensor.dense(
                  DType.F32,
                  weight.shape(),
                  context.allocate(
                      "weight " + weight.name(), 4 * Math.max(1, weight.shape().elements())));
          weight.materialise(target);
          whereabouts = 31 * whereabouts + target.segment().address();
          return target;
        });
  }

  /**
   * Returns a number that changes when a weight comes to lie elsewhere.
   *
   * @return made of the addresses of all weights; 0 once this is closed
   */
  public long whereabouts() {
    return whereabouts;
  }

  /**
   * Writes the values of all dequantised weights again, where they are. Weights read in place have
   * changed with their source.
   */
  public void reload() {
    widened.forEach(WeightHandle::materialise);
    reloads.forEach(Runnable::run);
  }

  /**
   * Adds what else is to be done when weights are reloaded.
   *
   * @param action writes values that were derived from weights again
   */
  public void onReload(Runnable action) {
    reloads.add(action);
  }

  private Tensor lease(WeightHandle handle) {
    WeightLease lease = handle.lease();
    leases.add(lease);
    whereabouts = 31 * whereabouts + lease.tensor().segment().address();
    return lease.tensor();
  }

  /** Gives back what was borrowed. What was allocated goes with the backend. */
  @Override
  public void close() {
    leases.forEach(WeightLease::close);
    leases.clear();
    reloads.clear();
    stored.clear();
    widened.clear();
    whereabouts = 0;
  }
}
