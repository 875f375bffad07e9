package org.mla4j.core.cpu;

import java.util.Optional;
import org.mla4j.api.diagnosis.Diagnosis.VectorSupport;

/**
 * What was found out about vector kernels in this JVM, before any class that needs the Vector API
 * is loaded.
 *
 * <p>The Vector API is an incubating module: a JVM has it in its boot layer only if told so.
 *
 * @param support whether vector kernels can run, at which width, or what to do so that they can
 */
public record VectorProbe(VectorSupport support) {
  private static final String MODULE = "jdk.incubator.vector";
  private static final int LEAST_BITS = 128;

  /**
   * Looks at this JVM.
   *
   * @return what was found
   */
  public static VectorProbe probe() {
    return new VectorProbe(
        look(
            ModuleLayer.boot().findModule(MODULE),
            VectorProbe.class.getModule(),
            System.getProperty("java.vm.info", "")));
  }

  static VectorSupport look(Optional<Module> vector, Module reader, String vmInfo) {
    if (vector.isEmpty()) {
      return no("module " + MODULE + " is not in this JVM; start it with --add-modules " + MODULE);
    }
    if (!reader.canRead(vector.get())) {
      return no(
          "module "
              + reader.getName()
              + " does not read "
              + MODULE
              + "; start the JVM with --add-reads "
              + reader.getName()
              + "="
              + MODULE);
    }
    if (vmInfo.contains("interpreted mode")) {
      return no("this JVM compiles nothing (" + vmInfo + "); start it without -Xint");
    }
    int bits = VectorWidth.bits();
    if (bits < LEAST_BITS) {
      return no("vector registers of " + bits + " bits; expected " + LEAST_BITS + " or more");
    }
    return new VectorSupport(true, bits, bits + "-bit vectors");
  }

  private static VectorSupport no(String detail) {
    return new VectorSupport(false, 0, detail);
  }
}
