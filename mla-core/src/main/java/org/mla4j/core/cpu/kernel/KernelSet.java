package org.mla4j.core.cpu.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.Op;

/**
 * Kernels of one kind (vector, scalar) for some ops. The backend asks its sets in order and takes
 * the first kernel.
 *
 * <p>Threading: one thread, while the engine is built.
 */
public interface KernelSet {
  /**
   * Tells whether this set has a kernel for an op, with these shapes, types and weights.
   *
   * @param op an op of {@link Op#VOCABULARY}
   * @return yes, or no with the reasons; never an exception because something is unsupported
   */
  Support supports(Op op);

  /**
   * Creates the kernel of an op that it supports. All scratch memory is made here.
   *
   * @param op the op
   * @param bindings the memory behind the op's values
   * @param context what the kernels of the backend share
   * @return the kernel
   */
  Kernel create(Op op, Bindings bindings, CpuContext context);
}
