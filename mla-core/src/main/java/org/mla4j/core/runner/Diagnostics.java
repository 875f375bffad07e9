package org.mla4j.core.runner;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.diagnosis.Diagnosis;
import org.mla4j.core.cpu.VectorProbe;
import org.mla4j.core.cpu.Version;
import org.mla4j.core.registry.BackendRegistry;
import org.mla4j.core.registry.FoundBackend;

/** Reports what an engine would find in this process. */
public final class Diagnostics {
  private Diagnostics() {}

  /**
   * Looks at the JVM, the Vector API and all backends. Opens nothing.
   *
   * @param pluginLoader class loader that backends are looked for in; null for the thread's
   * @return the report
   */
  public static Diagnosis diagnose(@Nullable ClassLoader pluginLoader) {
    return new Diagnosis(
        version(),
        System.getProperty("java.vm.name") + " " + Runtime.version(),
        System.getProperty("os.name") + " " + System.getProperty("os.arch"),
        Runtime.getRuntime().availableProcessors(),
        VectorProbe.probe().support(),
        BackendRegistry.discover(pluginLoader).all().stream().map(FoundBackend::report).toList());
  }

  private static String version() {
    return Version.of(Diagnostics.class);
  }
}
