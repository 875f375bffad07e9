package org.mla4j.opencl.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.step.StepDescription;
import org.mla4j.opencl.device.ClKernel;

/** {@code silu_and_mul}: one item for each element of the result. */
final class SiluAndMulKernel implements Kernel {
  private final ClKernel kernel;
  private final DeviceRows gateUp;
  private final DeviceRows out;
  private final int width;
  private final int gateUpBase;
  private final int outBase;

  SiluAndMulKernel(SiluAndMul op, Bindings bindings, Kernels.Shared shared) {
    kernel = shared.device().kernel("rows", Groups.OPTIONS, "silu_and_mul");
    gateUp = new DeviceRows(bindings, op.gateUp()).rows(kernel);
    out = new DeviceRows(bindings, op.out()).rows(kernel);
    width = op.out().rowWidth();
    kernel.integer(width);
    gateUpBase = gateUp.base(kernel);
    outBase = out.base(kernel);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    kernel.set(gateUpBase, gateUp.offset(step));
    kernel.set(outBase, out.offset(step));
    kernel.submit(Groups.covering(width), out.count(step), Groups.ITEMS);
  }

  @Override
  public void close() {
    kernel.close();
  }
}
