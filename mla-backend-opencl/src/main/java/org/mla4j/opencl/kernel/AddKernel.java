package org.mla4j.opencl.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.Add;
import org.mla4j.api.step.StepDescription;
import org.mla4j.opencl.device.ClKernel;

/** {@code add}: one item for each element. */
final class AddKernel implements Kernel {
  private final ClKernel kernel;
  private final DeviceRows x;
  private final DeviceRows y;
  private final int width;
  private final int xBase;
  private final int yBase;

  AddKernel(Add op, Bindings bindings, Kernels.Shared shared) {
    kernel = shared.device().kernel("rows", Groups.OPTIONS, "add");
    x = new DeviceRows(bindings, op.x()).rows(kernel);
    y = new DeviceRows(bindings, op.y()).rows(kernel);
    width = op.x().rowWidth();
    kernel.integer(width).number((float) op.factor());
    xBase = x.base(kernel);
    yBase = y.base(kernel);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    kernel.set(xBase, x.offset(step));
    kernel.set(yBase, y.offset(step));
    kernel.submit(Groups.covering(width), x.count(step), Groups.ITEMS);
  }

  @Override
  public void close() {
    kernel.close();
  }
}
