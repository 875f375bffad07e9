package org.mla4j.core.planner;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.ExecutionMode;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Support;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.plan.Node;
import org.mla4j.core.cpu.CpuBackendProvider;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.core.testing.DelegatingBackend;
import org.mla4j.core.testing.MixedSteps;
import org.mla4j.core.testing.NodesKernel;
import org.mla4j.core.testing.PluginBase;
import org.mla4j.core.testing.PluginLoader;
import org.mla4j.core.testing.TinyModel;
import org.mla4j.core.testing.TinyModel.Variant;

/** A backend that takes the plan of a whole step and compiles it to something of its own. */
class PlanTakingTest {
  @TempDir Path folder;

  /** Takes plans of at most as many nodes as its option says. */
  public static final class Compiler extends PluginBase {
    @Override
    public String name() {
      return "compiler";
    }

    @Override
    public Backend open(EngineContext context) {
      int most = Integer.parseInt(context.options().getOrDefault("most", "1000"));
      Backend cpu = new CpuBackendProvider().open(DelegatingBackend.withoutOptions(context));
      return new Backend() {
        @Override
        public Optional<Support> supportsPlan(List<Node> nodes) {
          return Optional.of(
              nodes.size() > most
                  ? Support.no(nodes.size() + " nodes; at most " + most)
                  : Support.yes());
        }

        @Override
        public Kernel createPlan(List<Node> nodes, Bindings bindings) {
          return NodesKernel.of(nodes, cpu, bindings);
        }

        @Override
        public void close() {
          cpu.close();
        }
      };
    }
  }

  @ParameterizedTest
  @EnumSource(Variant.class)
  void aPlanTakenWholeGivesTheSameBits(Variant variant) {
    for (ExecutionMode mode : ExecutionMode.values()) {
      List<float[]> separate = logits(variant, MixedSteps.options());
      List<float[]> whole = logits(variant, compiling(options -> options.execution(mode)));
      for (int i = 0; i < separate.size(); i++) {
        assertArrayEquals(separate.get(i), whole.get(i), "row " + i);
      }
    }
  }

  @Test
  void thePlanIsOneNode() {
    Explanation explanation = explain(compiling(options -> {}));
    assertEquals(1, explanation.entries().size());
    assertEquals("plan", explanation.entries().getFirst().op());
    assertEquals("compiler", explanation.entries().getFirst().backend());
    assertTrue(
        explanation.entries().getFirst().writes().contains("sampled"),
        "what the engine reads is bound");
    assertTrue(explanation.before().size() > 20);
  }

  @Test
  void anOpThatIsSwitchedOffIsNotTakenWithThePlan() {
    Explanation explanation = explain(compiling(options -> options.ops("-silu_and_mul")));
    assertEquals(
        List.of(
            new Declined(
                "compiler",
                "plan",
                List.of("op list '-silu_and_mul' switches 'silu_and_mul' off"))),
        explanation.entries().getFirst().declined().stream()
            .filter(declined -> declined.what().equals("plan"))
            .toList());
  }

  @Test
  void thePlanHasASwitchOfItsOwn() {
    Explanation explanation = explain(compiling(options -> options.ops("plan=cpu")));
    assertTrue(explanation.entries().stream().allMatch(entry -> entry.backend().equals("cpu")));
  }

  @Test
  void aBackendThatThePlanIsPinnedToMustTakeIt() {
    BackendException e =
        assertThrows(
            BackendException.class,
            () ->
                explain(
                    compiling(options ->
                        options.ops("plan=compiler").backendOption("compiler:most", "3"))));
    assertTrue(
        e.getMessage()
            .matches(
                "Backend 'compiler' was chosen but declines the whole plan: \\d+ nodes; at most 3\\. Choose"
                    + " 'auto', or change the op list 'plan=compiler'\\. \\[MLA-0104]"),
        e.getMessage());
  }

  private EngineOptions.Builder compiling(Consumer<EngineOptions.Builder> change) {
    EngineOptions.Builder options =
        MixedSteps.options().pluginLoader(PluginLoader.beside(folder, Compiler.class));
    change.accept(options);
    return options;
  }

  private static Explanation explain(EngineOptions.Builder options) {
    try (TinyModel model = new TinyModel();
        StepRunner runner = StepRunner.build(model, options.build())) {
      return runner.explain();
    }
  }

  private static List<float[]> logits(Variant variant, EngineOptions.Builder options) {
    try (TinyModel model = new TinyModel(variant);
        StepRunner runner = StepRunner.build(model, options.build())) {
      return MixedSteps.logits(runner);
    }
  }
}
