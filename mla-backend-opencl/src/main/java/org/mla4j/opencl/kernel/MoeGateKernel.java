package org.mla4j.opencl.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.step.StepDescription;
import org.mla4j.opencl.device.ClKernel;

/** {@code moe_gate}: one work-group for each row. */
final class MoeGateKernel implements Kernel {
  private final ClKernel kernel;
  private final DeviceRows logits;
  private final DeviceRows ids;
  private final DeviceRows weights;
  private final int logitsBase;
  private final int idsBase;
  private final int weightsBase;

  MoeGateKernel(MoeGate op, Bindings bindings, Kernels.Shared shared) {
    kernel = shared.device().kernel("gate", options(op.spec()), "moe_gate");
    logits = new DeviceRows(bindings, op.logits()).rows(kernel);
    ids = new DeviceRows(bindings, op.ids()).rows(kernel);
    weights = new DeviceRows(bindings, op.topKWeights()).rows(kernel);
    if (op.correctionBias() == null) {
      kernel.buffer(shared.inputs().buffer()).integer(0);
    } else {
      kernel.buffer(shared.weights().widened(op.correctionBias()).buffer()).integer(1);
    }
    kernel.integer(op.spec().normTopK() ? 1 : 0);
    kernel.number((float) op.spec().routedScalingFactor());
    logitsBase = logits.base(kernel);
    idsBase = ids.base(kernel);
    weightsBase = weights.base(kernel);
  }

  private static String options(MoeSpec spec) {
    return Groups.OPTIONS
        + " -D EXPERTS="
        + spec.experts()
        + " -D CHOICES="
        + spec.topK()
        + " -D GROUPS="
        + spec.groups()
        + " -D KEPT_GROUPS="
        + spec.topKGroups()
        + " -D SIGMOID="
        + (spec.scoring() == MoeSpec.Scoring.SIGMOID ? 1 : 0)
        + " -D TOP2_SUM="
        + (spec.groupScore() == MoeSpec.GroupScore.TOP2_SUM && spec.experts() > spec.groups()
            ? 1
            : 0);
  }

  /** Bytes of local memory that the kernel takes. */
  static long localBytes(MoeSpec spec) {
    return 12L * spec.experts() + 8L * spec.groups();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    kernel.set(logitsBase, logits.offset(step));
    kernel.set(idsBase, ids.offset(step));
    kernel.set(weightsBase, weights.offset(step));
    kernel.submit(Groups.ITEMS, ids.count(step), Groups.ITEMS);
  }

  @Override
  public void close() {
    kernel.close();
  }
}
