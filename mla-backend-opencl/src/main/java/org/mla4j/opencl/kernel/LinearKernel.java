package org.mla4j.opencl.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.Linear;
import org.mla4j.api.step.StepDescription;
import org.mla4j.opencl.device.ClBuffer;
import org.mla4j.opencl.device.ClKernel;

/** {@code linear}: one item for each output of each row. */
final class LinearKernel implements Kernel {
  private final ClKernel kernel;
  private final DeviceRows x;
  private final DeviceRows out;
  private final int outputs;
  private final int xBase;
  private final int outBase;

  LinearKernel(Linear op, Bindings bindings, Kernels.Shared shared) {
    DeviceWeights.Stored weight = shared.weights().matrix(op.weight());
    ClBuffer bias =
        op.bias() == null ? weight.buffer() : shared.weights().widened(op.bias()).buffer();
    kernel = shared.device().kernel("weights", weight.option(), "linear");
    x = new DeviceRows(bindings, op.x()).rows(kernel);
    out = new DeviceRows(bindings, op.out()).rows(kernel);
    outputs = op.out().rowWidth();
    kernel.buffer(weight.buffer()).buffer(bias).integer(op.bias() == null ? 0 : 1);
    kernel.integer(outputs).integer(op.x().rowWidth());
    xBase = x.base(kernel);
    outBase = out.base(kernel);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    kernel.set(xBase, x.offset(step));
    kernel.set(outBase, out.offset(step));
    kernel.submit(Groups.covering(outputs), out.count(step), Groups.ITEMS);
  }

  @Override
  public void close() {
    kernel.close();
  }
}
