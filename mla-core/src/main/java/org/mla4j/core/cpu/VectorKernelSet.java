package org.mla4j.core.cpu;

import org.mla4j.core.cpu.vector.VectorKernels;

/**
 * Puts the vector kernels first. A class of its own, used only after {@link VectorProbe} said yes: loading what it names needs
 * the Vector API.
 */
final class VectorKernelSet {
  private VectorKernelSet() {}

  /** The vector kernels, with another set for what they decline. */
  static KernelSet before(KernelSet complete) {
    return new OrderedKernels(new VectorKernels(), complete);
  }
}
