package org.mla4j.opencl.kernel;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.StepValue;
import org.mla4j.opencl.device.ClKernel;

/**
 * {@code mla_prefill_attention} and {@code mla_context_attention}: one work-group for each head of
 * each token.
 */
final class DecompressedAttentionKernel implements Kernel {
  private final Operands op;
  private final ClKernel kernel;
  private final StepInputs inputs;
  private final DeviceRows qNope;
  private final DeviceRows qPe;
  private final DeviceRows kNope;
  private final DeviceRows kPe;
  private final DeviceRows v;
  private final DeviceRows out;
  private final DeviceRows lse;
  private final int heads;
  private final long sequences;
  private final int qNopeBase;
  private final int qPeBase;
  private final int kNopeBase;
  private final int kPeBase;
  private final int vBase;
  private final int outBase;
  private final int lseBase;
  private final int firstSequence;
  private final int firstToken;
  private final int hasKeys;

  /** What the two ops have in common; keys of context rows are not causal. */
  private record Operands(
      StepValue qNope,
      @Nullable StepValue qPe,
      StepValue kNope,
      @Nullable StepValue kPe,
      StepValue v,
      double scale,
      StepValue out,
      @Nullable StepValue lse) {
    boolean causal() {
      return kNope.rows() != Rows.CONTEXT;
    }
  }

  DecompressedAttentionKernel(MlaPrefillAttention op, Bindings bindings, Kernels.Shared shared) {
    this(
        new Operands(
            op.qNope(), op.qPe(), op.kNope(), op.kPe(), op.v(), op.scale(), op.out(), op.lse()),
        bindings,
        shared);
  }

  DecompressedAttentionKernel(MlaContextAttention op, Bindings bindings, Kernels.Shared shared) {
    this(
        new Operands(
            op.qNope(), op.qPe(), op.kNope(), op.kPe(), op.v(), op.scale(), op.out(), op.lse()),
        bindings,
        shared);
  }

  private DecompressedAttentionKernel(Operands op, Bindings bindings, Kernels.Shared shared) {
    this.op = op;
    inputs = shared.inputs();
    kernel = DeviceCache.withoutCache(shared.device(), "decompressed_attention");
    heads = Math.toIntExact(op.qNope().rowShape().extent(0));
    qNope = new DeviceRows(bindings, op.qNope()).rows(kernel);
    qNope.heads(kernel);
    // Where an operand is missing, another takes its place and is not touched.
    qPe = new DeviceRows(bindings, op.qPe() == null ? op.qNope() : op.qPe()).rows(kernel);
    qPe.heads(kernel);
    kNope = new DeviceRows(bindings, op.kNope()).rows(kernel);
    kNope.heads(kernel);
    kPe = new DeviceRows(bindings, op.kPe() == null ? op.kNope() : op.kPe()).rows(kernel);
    v = new DeviceRows(bindings, op.v()).rows(kernel);
    v.heads(kernel);
    out = new DeviceRows(bindings, op.out()).rows(kernel);
    out.heads(kernel);
    lse = new DeviceRows(bindings, op.lse() == null ? op.out() : op.lse()).rows(kernel);
    kernel.integer(op.lse() == null ? 0 : 1);
    kernel.buffer(inputs.buffer());
    kernel.offset(op.causal() ? inputs.queryStarts() : inputs.contextRowStarts());
    kernel.integer(op.causal() ? 1 : 0);
    kernel.integer(Math.toIntExact(op.qNope().rowShape().extent(1)));
    kernel.integer(op.kPe() == null ? 0 : op.kPe().rowWidth());
    kernel.integer(Math.toIntExact(op.v().rowShape().extent(1)));
    kernel.number((float) op.scale());
    qNopeBase = qNope.base(kernel);
    qPeBase = qPe.base(kernel);
    kNopeBase = kNope.base(kernel);
    kPeBase = kPe.base(kernel);
    vBase = v.base(kernel);
    outBase = out.base(kernel);
    lseBase = lse.base(kernel);
    sequences = inputs.tokenSequences();
    firstSequence = kernel.offset(0);
    firstToken = kernel.integerAt(0);
    hasKeys = kernel.integerAt(0);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    boolean keys = !step.isProfiling() && kNope.count(step) > 0;
    if (keys && !op.causal()) {
      inputs.uploadContext(step);
    }
    int first = step.firstToken(op.qNope().rows());
    kernel.set(qNopeBase, qNope.offset(step));
    kernel.set(qPeBase, qPe.offset(step));
    kernel.set(kNopeBase, kNope.offset(step));
    kernel.set(kPeBase, kPe.offset(step));
    kernel.set(vBase, v.offset(step));
    kernel.set(outBase, out.offset(step));
    kernel.set(lseBase, lse.offset(step));
    kernel.set(firstSequence, sequences + first);
    kernel.integer(firstToken, first);
    kernel.integer(hasKeys, keys ? 1 : 0);
    kernel.submit((long) heads * Groups.ITEMS, out.count(step), Groups.ITEMS);
  }

  @Override
  public void close() {
    kernel.close();
  }
}
