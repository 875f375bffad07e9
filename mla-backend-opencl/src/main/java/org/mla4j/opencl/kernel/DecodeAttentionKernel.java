package org.mla4j.opencl.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.step.StepDescription;
import org.mla4j.opencl.device.ClKernel;

/** {@code mla_decode_attention}: one work-group for each head of each token. */
final class DecodeAttentionKernel implements Kernel {
  private final MlaDecodeAttention op;
  private final ClKernel kernel;
  private final DeviceRows qLatent;
  private final DeviceRows qPe;
  private final DeviceRows out;
  private final DeviceRows lse;
  private final boolean empty;
  private final int heads;
  private final long sequences;
  private final int qLatentBase;
  private final int qPeBase;
  private final int outBase;
  private final int lseBase;
  private final int firstPosition;
  private final int firstSequence;
  private final int hasKeys;

  DecodeAttentionKernel(MlaDecodeAttention op, Bindings bindings, Kernels.Shared shared) {
    this.op = op;
    StepInputs inputs = shared.inputs();
    DeviceCache cache = new DeviceCache(bindings, op.cache());
    empty = cache.isEmpty();
    kernel = cache.kernel(shared.device(), "mla_decode_attention");
    heads = Math.toIntExact(op.qLatent().rowShape().extent(0));
    int latent = Math.toIntExact(op.qLatent().rowShape().extent(1));
    qLatent = new DeviceRows(bindings, op.qLatent()).rows(kernel);
    qLatent.heads(kernel);
    // Where an operand is missing, another takes its place and is not touched.
    qPe = new DeviceRows(bindings, op.qPe() == null ? op.qLatent() : op.qPe()).rows(kernel);
    qPe.heads(kernel);
    out = new DeviceRows(bindings, op.oLatent()).rows(kernel);
    out.heads(kernel);
    lse = new DeviceRows(bindings, op.lse() == null ? op.oLatent() : op.lse()).rows(kernel);
    kernel.integer(op.lse() == null ? 0 : 1);
    cache.rows(kernel);
    kernel.buffer(inputs.buffer());
    kernel.offset(inputs.blockTables());
    kernel.integer(inputs.tableWidth()).integer(inputs.blockSize());
    kernel.integer(latent).integer(op.cache().spec().rowWidth() - latent);
    kernel.number((float) op.scale());
    qLatentBase = qLatent.base(kernel);
    qPeBase = qPe.base(kernel);
    outBase = out.base(kernel);
    lseBase = lse.base(kernel);
    firstPosition = kernel.offset(0);
    sequences = inputs.tokenSequences();
    firstSequence = kernel.offset(0);
    hasKeys = kernel.integerAt(0);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    int first = step.firstToken(op.qLatent().rows());
    kernel.set(qLatentBase, qLatent.offset(step));
    kernel.set(qPeBase, qPe.offset(step));
    kernel.set(outBase, out.offset(step));
    kernel.set(lseBase, lse.offset(step));
    kernel.set(firstPosition, first);
    kernel.set(firstSequence, sequences + first);
    kernel.integer(hasKeys, step.isProfiling() || empty ? 0 : 1);
    kernel.submit((long) heads * Groups.ITEMS, out.count(step), Groups.ITEMS);
  }

  @Override
  public void close() {
    kernel.close();
  }
}
