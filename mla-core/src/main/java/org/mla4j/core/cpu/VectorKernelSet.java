package org.mla4j.core.cpu;

import java.util.List;

/** Finds the vector kernels. Called only after {@link VectorProbe} said yes: loading them needs the Vector API. */
final class VectorKernelSet {
  private static final String CLASS = "org.mla4j.core.cpu.vector.VectorKernels";

  private VectorKernelSet() {}

  static List<KernelSet> find() {
    try {
      return List.of((KernelSet) Class.forName(CLASS).getConstructor().newInstance());
    } catch (ClassNotFoundException e) {
      return List.of();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(CLASS + " cannot be created.", e);
    }
  }
}
