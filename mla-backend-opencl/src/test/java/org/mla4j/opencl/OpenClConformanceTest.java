package org.mla4j.opencl;

import org.mla4j.api.backend.BackendProvider;
import org.mla4j.tck.BackendConformance;

/** The whole kit; without an OpenCL device it is skipped, with the reason. */
class OpenClConformanceTest extends BackendConformance {
  @Override
  protected BackendProvider provider() {
    return new OpenClBackendProvider();
  }
}
