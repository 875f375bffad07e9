package org.example.acme;

import org.mla4j.api.backend.BackendProvider;
import org.mla4j.tck.BackendConformance;

/** Everything the conformance kit has. */
class AcmeConformanceTest extends BackendConformance {
  @Override
  protected BackendProvider provider() {
    return new AcmeProvider();
  }
}
