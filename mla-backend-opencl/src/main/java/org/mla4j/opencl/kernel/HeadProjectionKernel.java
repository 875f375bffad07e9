package org.mla4j.opencl.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.opencl.device.ClKernel;

/**
 * {@code absorb_query} and {@code project_value}: one item for each element of the result, of all
 * heads at once.
 */
final class HeadProjectionKernel implements Kernel {
  private final ClKernel kernel;
  private final DeviceRows in;
  private final DeviceRows out;
  private final long items;
  private final int inBase;
  private final int outBase;

  private HeadProjectionKernel(
      String name,
      StepValue from,
      WeightHandle kvB,
      StepValue to,
      int width,
      Bindings bindings,
      Kernels.Shared shared) {
    DeviceWeights.Stored weight = shared.weights().matrix(kvB);
    kernel = shared.device().kernel("weights", weight.option(), name);
    in = new DeviceRows(bindings, from).rows(kernel);
    in.heads(kernel);
    out = new DeviceRows(bindings, to).rows(kernel);
    out.heads(kernel);
    int heads = Math.toIntExact(to.rowShape().extent(0));
    int headRows = Math.toIntExact(kvB.shape().extent(0) / heads);
    kernel.buffer(weight.buffer()).integer(heads).integer(headRows);
    kernel.integer(width).integer(Math.toIntExact(kvB.shape().extent(1)));
    items = to.rowWidth();
    inBase = in.base(kernel);
    outBase = out.base(kernel);
  }

  static Kernel of(AbsorbQuery op, Bindings bindings, Kernels.Shared shared) {
    int width = Math.toIntExact(op.qNope().rowShape().extent(1));
    return new HeadProjectionKernel(
        "absorb_query", op.qNope(), op.kvB(), op.qLatent(), width, bindings, shared);
  }

  static Kernel of(ProjectValue op, Bindings bindings, Kernels.Shared shared) {
    int width = Math.toIntExact(op.out().rowShape().extent(1));
    return new HeadProjectionKernel(
        "project_value", op.oLatent(), op.kvB(), op.out(), width, bindings, shared);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    kernel.set(inBase, in.offset(step));
    kernel.set(outBase, out.offset(step));
    kernel.submit(Groups.covering(items), out.count(step), Groups.ITEMS);
  }

  @Override
  public void close() {
    kernel.close();
  }
}
