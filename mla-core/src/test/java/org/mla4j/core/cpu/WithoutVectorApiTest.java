package org.mla4j.core.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.Linear;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.measure.MachineLimits;
import org.mla4j.core.testing.ArrayWeight;
import org.mla4j.core.testing.OpTestBench;
import org.mla4j.core.testing.TestEngine;
import org.mla4j.core.testing.TestParallel;

@DisplayName("A JVM without the Vector API")
class WithoutVectorApiTest {
  private static final String LOSS =
      "module jdk.incubator.vector is not in this JVM; start it with --add-modules"
          + " jdk.incubator.vector";

  @Test
  void runsScalarKernelsAndSaysOnceWhatItLoses() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Program.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    assertTrue(output.contains(" processors, scalar kernels only: " + LOSS + "\n"), output);
    assertTrue(output.contains("\nScalarLinear: 11.0 25.0\n"), output);
    assertTrue(
        output.contains(
            "The limits of this machine cannot be measured: " + LOSS + ". [MLA-0401]\n"),
        output);
    String warning =
        "Backend 'cpu' runs scalar kernels only, many times slower than vector kernels: "
            + LOSS
            + ".";
    assertEquals(2, output.split(warning, -1).length, output);
  }

  /** What the other JVM runs. */
  static final class Program {
    private Program() {}

    @SuppressWarnings("SystemOut") // how it answers
    public static void main(String[] args) {
      CpuBackendProvider provider = new CpuBackendProvider();
      System.out.println(((Probe.Available) provider.probe()).found());
      StepLimits limits = new StepLimits(4, 4, 64, 16, 8);
      try (Backend backend =
              provider.open(new TestEngine(limits, TestParallel.sequential(), Map.of()));
          OpTestBench bench = OpTestBench.tokens(4).prefillStep(1)) {
        StepValue x = bench.filled("x", Rows.ALL, new float[] {1, 2}, 2);
        StepValue y = bench.buffer("y", Rows.ALL, 2);
        ArrayWeight weight = ArrayWeight.of("w", DType.BF16, new float[] {3, 4, 5, 10}, 2, 2);
        try (Kernel kernel = backend.create(new Linear(x, weight, null, y), bench)) {
          kernel.forward(bench.step(), Queue.SYNCHRONOUS);
          System.out.println(kernel.describe() + ": " + bench.read(y)[0] + " " + bench.read(y)[1]);
        }
      }
      try {
        System.out.println(MachineLimits.measure(1));
      } catch (InvalidInputException e) {
        System.out.println(e.getMessage());
      }
    }
  }
}
