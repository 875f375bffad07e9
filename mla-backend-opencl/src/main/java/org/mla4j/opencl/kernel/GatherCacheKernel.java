package org.mla4j.opencl.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.step.StepDescription;
import org.mla4j.opencl.device.ClKernel;

/** {@code gather_cache}: one item for each element of the result. */
final class GatherCacheKernel implements Kernel {
  private final ClKernel kernel;
  private final StepInputs inputs;
  private final DeviceRows out;
  private final boolean empty;
  private final int width;
  private final int outBase;

  GatherCacheKernel(GatherCache op, Bindings bindings, Kernels.Shared shared) {
    inputs = shared.inputs();
    DeviceCache cache = new DeviceCache(bindings, op.cache());
    empty = cache.isEmpty();
    kernel = cache.kernel(shared.device(), "gather_cache");
    cache.rows(kernel);
    out = new DeviceRows(bindings, op.out()).rows(kernel);
    width = op.out().rowWidth();
    kernel.buffer(inputs.buffer());
    kernel.offset(inputs.blockTables());
    kernel.integer(inputs.tableWidth()).integer(inputs.blockSize());
    kernel.offset(inputs.contextStarts());
    kernel.offset(inputs.contextRowStarts());
    kernel.offset(inputs.contextSequences());
    kernel.integer(width);
    outBase = out.base(kernel);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    if (empty || out.count(step) == 0) {
      return;
    }
    inputs.uploadContext(step);
    kernel.set(outBase, out.offset(step));
    kernel.submit(Groups.covering(width), out.count(step), Groups.ITEMS);
  }

  @Override
  public void close() {
    kernel.close();
  }
}
