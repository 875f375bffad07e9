package org.mla4j.core.cpu;

/**
 * Finds the vector kernels. Called only after {@link VectorProbe} said yes: loading them needs the
 * Vector API.
 */
final class VectorKernelSet {
  private static final String CLASS = "org.mla4j.core.cpu.vector.VectorKernels";

  private VectorKernelSet() {}

  /** The vector kernels, with another set for what they decline. */
  static KernelSet before(KernelSet complete) {
    try {
      KernelSet vector =
          Class.forName(CLASS).asSubclass(KernelSet.class).getConstructor().newInstance();
      return new OrderedKernels(vector, complete);
    } catch (ClassNotFoundException e) {
      return complete;
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(CLASS + " cannot be created.", e);
    }
  }
}
