package org.mla4j.core.cpu.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.Op;

/**
 * Two sets as one: the faster one's kernel where it has one, else the complete one's.
 *
 * @param faster asked first; may decline anything
 * @param complete says what is supported at all
 */
public record OrderedKernels(KernelSet faster, KernelSet complete) implements KernelSet {
  @Override
  public Support supports(Op op) {
    return complete.supports(op);
  }

  @Override
  public Kernel create(Op op, Bindings bindings, CpuContext context) {
    KernelSet chosen = faster.supports(op) instanceof Support.Yes ? faster : complete;
    return chosen.create(op, bindings, context);
  }
}
