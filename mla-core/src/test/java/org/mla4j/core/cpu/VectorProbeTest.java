package org.mla4j.core.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mla4j.api.diagnosis.Diagnosis.VectorSupport;

@DisplayName("Whether vector kernels can run")
class VectorProbeTest {
  private static final Module UNNAMED = VectorProbeTest.class.getModule();

  @Test
  void testsRunWithTheVectorApi() {
    VectorSupport support = VectorProbe.probe().support();
    assertTrue(support.usable(), support.detail());
    assertTrue(support.bits() >= 128, support.detail());
    assertEquals(support.bits() + "-bit vectors", support.detail());
  }

  @Test
  void missingModuleIsReportedWithTheRemedy() {
    assertEquals(
        new VectorSupport(
            false,
            0,
            "module jdk.incubator.vector is not in this JVM; start it with --add-modules"
                + " jdk.incubator.vector"),
        VectorProbe.look(Optional.empty(), UNNAMED, "mixed mode"));
  }

  @Test
  void moduleThatIsNotReadIsReportedWithTheRemedy() {
    // java.sql stands for this project's module in a JVM where nobody makes it read the Vector API.
    Module reader = ModuleLayer.boot().findModule("java.sql").orElseThrow();
    assertEquals(
        new VectorSupport(
            false,
            0,
            "module java.sql does not read jdk.incubator.vector; start the JVM with --add-reads"
                + " java.sql=jdk.incubator.vector"),
        VectorProbe.look(
            ModuleLayer.boot().findModule("jdk.incubator.vector"), reader, "mixed mode"));
  }

  @Test
  void interpreterIsReported() {
    assertEquals(
        new VectorSupport(
            false, 0, "this JVM compiles nothing (interpreted mode); start it without -Xint"),
        VectorProbe.look(
            ModuleLayer.boot().findModule("jdk.incubator.vector"), UNNAMED, "interpreted mode"));
  }
}
