package org.mla4j.core.planner;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.ReferenceData;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.op.VendorOp;
import org.mla4j.api.plan.FusionPass;
import org.mla4j.api.plan.Node;
import org.mla4j.api.plan.StepGraph;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.cpu.CpuBackendProvider;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.core.testing.DelegatingBackend;
import org.mla4j.core.testing.MixedSteps;
import org.mla4j.core.testing.PluginBase;
import org.mla4j.core.testing.PluginLoader;
import org.mla4j.core.testing.TinyModel;

/** An op that only one backend knows, put into the plan by that backend's own pass. */
class VendorOpTest {
  @TempDir Path folder;

  /** The activation of an MLP and the projection behind it. */
  private record ActivatedProjection(SiluAndMul act, Linear down) implements VendorOp {
    static final String TYPE = "acme:activated_projection";

    @Override
    public String type() {
      return TYPE;
    }

    @Override
    public List<Value> reads() {
      return act.reads();
    }

    @Override
    public List<Value> writes() {
      List<Value> writes = new ArrayList<>(act.writes());
      writes.addAll(down.writes());
      return writes;
    }

    @Override
    public List<WeightHandle> weights() {
      return down.weights();
    }

    @Override
    public void reference(ReferenceData data) {
      throw new AssertionError("the conformance kit's");
    }
  }

  private static final class Pass implements FusionPass {
    @Override
    public String fusedType() {
      return ActivatedProjection.TYPE;
    }

    @Override
    public List<Match> matches(StepGraph graph) {
      List<Match> matches = new ArrayList<>();
      for (Node node : graph.nodes()) {
        if (node.op() instanceof Linear down) {
          graph
              .writer(down.x(), node)
              .filter(before -> before.op() instanceof SiluAndMul)
              .ifPresent(before ->
                  matches.add(
                      new Match(
                          List.of(before, node),
                          new ActivatedProjection((SiluAndMul) before.op(), down))));
        }
      }
      return matches;
    }
  }

  /** Has one op, and the pass that makes it. */
  public static final class Acme extends PluginBase {
    @Override
    public String name() {
      return "acme";
    }

    @Override
    public Backend open(EngineContext context) {
      Backend cpu = new CpuBackendProvider().open(DelegatingBackend.withoutOptions(context));
      return new Backend() {
        @Override
        public Set<String> ops() {
          return Set.of(ActivatedProjection.TYPE);
        }

        @Override
        public List<FusionPass> fusionPasses() {
          return List.of(new Pass());
        }

        @Override
        public Kernel create(Op op, Bindings bindings) {
          ActivatedProjection fused = (ActivatedProjection) op;
          Kernel act = cpu.create(fused.act(), bindings);
          Kernel down = cpu.create(fused.down(), bindings);
          return new Kernel() {
            @Override
            public void forward(StepDescription step, Queue queue) {
              act.forward(step, queue);
              down.forward(step, queue);
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

  @Test
  void itComesIntoThePlanAndGivesTheSameBits() {
    Explanation explanation = explain(acme(options -> {}));
    assertEquals(
        List.of("layers.0.mlp.act+down_proj", "layers.1.mlp.act+down_proj"), nodes(explanation));
    List<float[]> separate = logits(MixedSteps.options());
    List<float[]> fused = logits(acme(options -> {}));
    for (int i = 0; i < separate.size(); i++) {
      assertArrayEquals(separate.get(i), fused.get(i));
    }
  }

  @Test
  void opListsKnowItByItsName() {
    assertTrue(
        nodes(explain(acme(options -> options.ops("-acme:activated_projection")))).isEmpty());
    assertTrue(nodes(explain(acme(options -> options.ops("-linear")))).isEmpty());
    assertEquals(
        2, nodes(explain(acme(options -> options.ops("acme:activated_projection=acme")))).size());
  }

  @Test
  void aNameThatNobodyHasIsRefused() {
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class,
            () -> explain(acme(options -> options.ops("-acme:something"))));
    assertEquals(
        "Op list '-acme:something' names the op 'acme:something', which no opened backend has; opened are"
            + " acme, cpu. [MLA-0109]",
        e.getMessage());
  }

  private static List<String> nodes(Explanation explanation) {
    return explanation.entries().stream()
        .filter(entry -> entry.op().equals(ActivatedProjection.TYPE))
        .map(Explanation.Entry::node)
        .toList();
  }

  private EngineOptions.Builder acme(Consumer<EngineOptions.Builder> change) {
    EngineOptions.Builder options =
        MixedSteps.options().pluginLoader(PluginLoader.beside(folder, Acme.class));
    change.accept(options);
    return options;
  }

  private static Explanation explain(EngineOptions.Builder options) {
    try (TinyModel model = new TinyModel();
        StepRunner runner = StepRunner.build(model, options.build())) {
      return runner.explain();
    }
  }

  private static List<float[]> logits(EngineOptions.Builder options) {
    try (TinyModel model = new TinyModel();
        StepRunner runner = StepRunner.build(model, options.build())) {
      return MixedSteps.logits(runner);
    }
  }
}
