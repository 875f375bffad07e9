package org.mla4j.opencl.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.step.StepDescription;
import org.mla4j.opencl.device.ClKernel;

/** {@code rms_norm}: one work-group for each row, or for each of its heads. */
final class RmsNormKernel implements Kernel {
  private final ClKernel kernel;
  private final DeviceRows x;
  private final DeviceRows out;
  private final int heads;
  private final int xBase;
  private final int outBase;

  RmsNormKernel(RmsNorm op, Bindings bindings, Kernels.Shared shared) {
    kernel = shared.device().kernel("rows", Groups.OPTIONS, "rms_norm");
    heads = op.hasHeads() ? Math.toIntExact(op.x().rowShape().extent(0)) : 1;
    x = new DeviceRows(bindings, op.x()).rows(kernel);
    x.heads(kernel);
    out = new DeviceRows(bindings, op.out()).rows(kernel);
    out.heads(kernel);
    kernel.buffer(shared.weights().widened(op.weight()).buffer());
    kernel.integer(op.x().rowWidth() / heads).number((float) op.eps()).number((float) op.scale());
    xBase = x.base(kernel);
    outBase = out.base(kernel);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    kernel.set(xBase, x.offset(step));
    kernel.set(outBase, out.offset(step));
    kernel.submit((long) heads * Groups.ITEMS, out.count(step), Groups.ITEMS);
  }

  @Override
  public void close() {
    kernel.close();
  }
}
