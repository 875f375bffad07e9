package org.mla4j.opencl.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.StepValue;
import org.mla4j.opencl.device.ClKernel;

/** {@code concat_and_cache_mla}: one item for each element of a cache row. */
final class ConcatAndCacheKernel implements Kernel {
  private final ConcatAndCacheMla op;
  private final ClKernel kernel;
  private final DeviceRows kvC;
  private final DeviceRows kPe;
  private final boolean empty;
  private final int width;
  private final long slots;
  private final int kvCBase;
  private final int kPeBase;
  private final int first;

  ConcatAndCacheKernel(ConcatAndCacheMla op, Bindings bindings, Kernels.Shared shared) {
    this.op = op;
    DeviceCache cache = new DeviceCache(bindings, op.cache());
    empty = cache.isEmpty();
    kernel = cache.kernel(shared.device(), "concat_and_cache_mla");
    StepValue key = op.kPe() == null ? op.kvC() : op.kPe(); // not read without a rope
    kvC = new DeviceRows(bindings, op.kvC()).rows(kernel);
    kPe = new DeviceRows(bindings, key).rows(kernel);
    cache.rows(kernel);
    width = op.cache().spec().rowWidth();
    slots = shared.inputs().slots();
    kernel.buffer(shared.inputs().buffer()).integer(op.kvC().rowWidth()).integer(width);
    kvCBase = kvC.base(kernel);
    kPeBase = kPe.base(kernel);
    first = kernel.offset(0);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    if (empty || !step.hasSlotMapping()) {
      return;
    }
    kernel.set(kvCBase, kvC.offset(step));
    kernel.set(kPeBase, kPe.offset(step));
    kernel.set(first, slots + step.firstToken(op.kvC().rows()));
    kernel.submit(Groups.covering(width), kvC.count(step), Groups.ITEMS);
  }

  @Override
  public void close() {
    kernel.close();
  }
}
