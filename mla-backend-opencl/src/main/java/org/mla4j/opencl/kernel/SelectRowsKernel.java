package org.mla4j.opencl.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.opencl.device.ClKernel;

/** {@code select_rows}: one item for each element of the result. */
final class SelectRowsKernel implements Kernel {
  private final ClKernel kernel;
  private final DeviceRows x;
  private final DeviceRows out;
  private final int width;
  private final int xBase;
  private final int outBase;

  SelectRowsKernel(SelectRows op, Bindings bindings, Kernels.Shared shared) {
    kernel = shared.device().kernel("rows", Groups.OPTIONS, "select_rows");
    x = new DeviceRows(bindings, op.x()).rows(kernel);
    out = new DeviceRows(bindings, op.out()).rows(kernel);
    width = op.out().rowWidth();
    kernel.buffer(shared.inputs().buffer());
    kernel.offset(shared.inputs().logitTokens());
    kernel.integer(width);
    xBase = x.base(kernel);
    outBase = out.base(kernel);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    kernel.set(xBase, x.offset(step));
    kernel.set(outBase, out.offset(step));
    kernel.submit(Groups.covering(width), out.count(step), Groups.ITEMS);
  }

  @Override
  public void close() {
    kernel.close();
  }
}
