package org.mla4j.opencl;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.mla4j.api.backend.Probe;

/** Where a device is promised, tests that skip without one must not pass unnoticed. */
class OpenClRequiredTest {
  @Test
  @EnabledIfEnvironmentVariable(named = "MLA_REQUIRE_OPENCL", matches = "1")
  void thereIsADevice() {
    Probe probe = new OpenClBackendProvider().probe();
    assertInstanceOf(Probe.Available.class, probe, probe::toString);
  }
}
