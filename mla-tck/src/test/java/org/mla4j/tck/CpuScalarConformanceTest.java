package org.mla4j.tck;

import java.util.Map;
import org.mla4j.api.backend.BackendProvider;

/** The bundled backend with scalar kernels only. */
class CpuScalarConformanceTest extends BackendConformance {
  @Override
  protected BackendProvider provider() {
    return CpuConformanceTest.cpu();
  }

  @Override
  protected Map<String, String> options() {
    return Map.of("vector", "off");
  }
}
