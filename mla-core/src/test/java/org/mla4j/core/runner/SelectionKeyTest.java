package org.mla4j.core.runner;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.ExecutionMode;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.Support;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.api.op.Op;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.CpuBackendProvider;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.testing.DelegatingBackend;
import org.mla4j.core.testing.MixedSteps;
import org.mla4j.core.testing.PluginBase;
import org.mla4j.core.testing.PluginLoader;
import org.mla4j.core.testing.TinyModel;

/** Kernels are chosen by the kind of op, by the half of attention, and by execution mode. */
class SelectionKeyTest {
  private static final int[] IDS = {3, 1, 4, 1, 5, 9};

  /** The types of the ops that ran, by backend. */
  private static final Map<String, List<String>> RAN = new TreeMap<>();

  @TempDir Path folder;

  /** Runs some ops as {@code cpu} does, in one execution mode only, and notes which ran. */
  private abstract static class OneMode extends PluginBase {
    private final ExecutionMode mode;
    private final Set<String> ops;

    OneMode(ExecutionMode mode, String... ops) {
      this.mode = mode;
      this.ops = Set.of(ops);
    }

    @Override
    public Backend open(EngineContext context) {
      Backend cpu = new CpuBackendProvider().open(DelegatingBackend.withoutOptions(context));
      return new Backend() {
        @Override
        public Set<String> ops() {
          return ops;
        }

        @Override
        public Support supports(Op op) {
          return context.execution() == mode
              ? Support.yes()
              : Support.no("kernels for " + mode + " only");
        }

        @Override
        public Kernel create(Op op, Bindings bindings) {
          Kernel kernel = cpu.create(op, bindings);
          return new Kernel() {
            @Override
            public void forward(StepDescription step, Queue queue) {
              RAN.computeIfAbsent(name(), key -> new ArrayList<>()).add(op.type());
              kernel.forward(step, queue);
            }
          };
        }

        @Override
        public void close() {
          cpu.close();
        }
      };
    }
  }

  /** MLA attention, eager. */
  public static final class MlaEager extends OneMode {
    /** Found by the service loader. */
    public MlaEager() {
      super(ExecutionMode.EAGER, "mla_decode_attention", "mla_prefill_attention");
    }

    @Override
    public String name() {
      return "mla-eager";
    }
  }

  /** MLA attention, graph mode. */
  public static final class MlaGraph extends OneMode {
    /** Found by the service loader. */
    public MlaGraph() {
      super(ExecutionMode.GRAPH, "mla_decode_attention", "mla_prefill_attention");
    }

    @Override
    public String name() {
      return "mla-graph";
    }
  }

  /** Everything else that is asked for, eager. */
  public static final class OtherEager extends OneMode {
    /** Found by the service loader. */
    public OtherEager() {
      super(ExecutionMode.EAGER, "silu_and_mul");
    }

    @Override
    public String name() {
      return "other-eager";
    }
  }

  /** Everything else that is asked for, graph mode. */
  public static final class OtherGraph extends OneMode {
    /** Found by the service loader. */
    public OtherGraph() {
      super(ExecutionMode.GRAPH, "silu_and_mul");
    }

    @Override
    public String name() {
      return "other-graph";
    }
  }

  @ParameterizedTest
  @CsvSource({
    "mla_decode_attention, GRAPH, mla-graph",
    "mla_decode_attention, EAGER, mla-eager",
    "silu_and_mul, GRAPH, other-graph",
    "silu_and_mul, EAGER, other-eager"
  })
  void theExecutionModeIsPartOfTheKey(String op, ExecutionMode mode, String backend) {
    EngineOptions.Builder options =
        MixedSteps.options()
            .execution(mode)
            .pluginLoader(
                PluginLoader.beside(
                    folder, MlaEager.class, MlaGraph.class, OtherEager.class, OtherGraph.class));
    try (TinyModel model = new TinyModel();
        StepRunner runner = StepRunner.build(model, options.build())) {
      assertEquals(
          Set.of(backend),
          Set.copyOf(
              runner.explain().entries().stream()
                  .filter(entry -> entry.op().equals(op))
                  .map(Entry::backend)
                  .toList()));
    }
  }

  @Test
  void eachHalfOfAttentionHasItsOwnBackendAndAnEmptyHalfLaunchesNothing() {
    EngineOptions.Builder options =
        MixedSteps.options()
            .ops("mla_decode_attention=mla-eager,mla_prefill_attention=cpu")
            .pluginLoader(PluginLoader.beside(folder, MlaEager.class));
    RAN.clear();
    try (TinyModel model = new TinyModel();
        StepRunner runner = StepRunner.build(model, options.build())) {
      runner.step().clear();
      runner.step().addSequence(Phase.PREFILL, 0, IDS, 0, 4, new int[] {1, 2}, 2);
      runner.run();
      assertEquals(Map.of(), RAN, "a step of prefill tokens");
      runner.step().clear();
      runner.step().addSequence(Phase.DECODE, 4, IDS, 4, 1, new int[] {1, 2}, 2);
      runner.run();
      assertEquals(
          Map.of("mla-eager", List.of("mla_decode_attention", "mla_decode_attention")),
          RAN,
          "a step of decode tokens");
    }
  }
}
