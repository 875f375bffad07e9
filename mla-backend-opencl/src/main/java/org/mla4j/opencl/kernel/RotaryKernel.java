package org.mla4j.opencl.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.StepDescription;
import org.mla4j.opencl.device.ClKernel;

/** {@code rotary_embedding}: one item for each pair of each head. */
final class RotaryKernel implements Kernel {
  private final RotaryEmbedding op;
  private final ClKernel kernel;
  private final DeviceRows q;
  private final DeviceRows k;
  private final long items;
  private final long positions;
  private final int qBase;
  private final int kBase;
  private final int first;

  RotaryKernel(RotaryEmbedding op, Bindings bindings, Kernels.Shared shared) {
    this.op = op;
    kernel = shared.device().kernel("rope", "", "rotary_embedding");
    q = new DeviceRows(bindings, op.q()).rows(kernel);
    q.heads(kernel);
    k = new DeviceRows(bindings, op.k()).rows(kernel);
    k.heads(kernel);
    int heads = Math.toIntExact(op.q().rowShape().extent(0));
    int keyHeads = op.k().rowShape().rank() == 1 ? 1 : Math.toIntExact(op.k().rowShape().extent(0));
    int pairs = op.k().rowWidth() / keyHeads / 2;
    positions = op.table().shape().extent(0);
    items = (long) (heads + keyHeads) * pairs;
    kernel.buffer(shared.weights().widened(op.table()).buffer());
    kernel.buffer(shared.inputs().buffer());
    kernel.integer(heads).integer(keyHeads).integer(pairs);
    kernel.integer(op.style() == RopeStyle.INTERLEAVED ? 1 : 0);
    qBase = q.base(kernel);
    kBase = k.base(kernel);
    first = kernel.offset(0);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    int start = step.firstToken(op.q().rows());
    int count = q.count(step);
    for (int token = start; token < start + count; token++) {
      if (step.position(token) < 0 || step.position(token) >= positions) {
        throw new InvalidInputException(
            ErrorCode.INVALID_STEP,
            "Token "
                + token
                + " of the step is at position "
                + step.position(token)
                + "; expected 0 to "
                + (positions - 1)
                + ", the rows of '"
                + op.table().name()
                + "' for '"
                + op.q().name()
                + "'.");
      }
    }
    if (items == 0) {
      return; // a width of 0 has nothing to turn
    }
    kernel.set(qBase, q.offset(step));
    kernel.set(kBase, k.offset(step));
    kernel.set(first, start);
    kernel.submit(Groups.covering(items), count, Groups.ITEMS);
  }

  @Override
  public void close() {
    kernel.close();
  }
}
