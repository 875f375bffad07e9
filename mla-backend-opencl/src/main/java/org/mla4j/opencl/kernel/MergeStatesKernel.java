package org.mla4j.opencl.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.step.StepDescription;
import org.mla4j.opencl.device.ClKernel;

/** {@code merge_attention_states}: one work-group for each head of each token. */
final class MergeStatesKernel implements Kernel {
  private final ClKernel kernel;
  private final DeviceRows prefix;
  private final DeviceRows prefixLse;
  private final DeviceRows out;
  private final DeviceRows lse;
  private final int heads;
  private final int prefixBase;
  private final int prefixLseBase;
  private final int outBase;
  private final int lseBase;

  MergeStatesKernel(MergeAttentionStates op, Bindings bindings, Kernels.Shared shared) {
    kernel = DeviceCache.withoutCache(shared.device(), "merge_attention_states");
    heads = Math.toIntExact(op.out().rowShape().extent(0));
    prefix = new DeviceRows(bindings, op.prefix()).rows(kernel);
    prefix.heads(kernel);
    prefixLse = new DeviceRows(bindings, op.prefixLse()).rows(kernel);
    out = new DeviceRows(bindings, op.out()).rows(kernel);
    out.heads(kernel);
    lse = new DeviceRows(bindings, op.lse()).rows(kernel);
    kernel.integer(Math.toIntExact(op.out().rowShape().extent(1)));
    prefixBase = prefix.base(kernel);
    prefixLseBase = prefixLse.base(kernel);
    outBase = out.base(kernel);
    lseBase = lse.base(kernel);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    kernel.set(prefixBase, prefix.offset(step));
    kernel.set(prefixLseBase, prefixLse.offset(step));
    kernel.set(outBase, out.offset(step));
    kernel.set(lseBase, lse.offset(step));
    kernel.submit((long) heads * Groups.ITEMS, out.count(step), Groups.ITEMS);
  }

  @Override
  public void close() {
    kernel.close();
  }
}
