package org.mla4j.tck;

import java.util.ServiceLoader;
import org.mla4j.api.backend.BackendProvider;

/** The bundled backend, with vector kernels where the machine has them. */
class CpuConformanceTest extends BackendConformance {
  @Override
  protected BackendProvider provider() {
    return cpu();
  }

  static BackendProvider cpu() {
    return ServiceLoader.load(BackendProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(provider -> provider.name().equals("cpu"))
        .findFirst()
        .orElseThrow();
  }
}
