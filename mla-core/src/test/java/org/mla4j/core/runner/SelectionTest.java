package org.mla4j.core.runner;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.Support;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Sampling;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.testing.PluginLoader;
import org.mla4j.core.testing.TinyModel;

/**
 * Who runs what, who was asked, and what a user's choice does: on a model that names no backend.
 */
class SelectionTest {
  private static final int[] PROMPT = {3, 1, 4, 1, 5};

  @TempDir Path folder;

  @Test
  void aloneTheBundledBackendRunsEverything() {
    Explanation explanation = explain(options -> {});
    assertTrue(explanation.entries().stream().allMatch(entry -> entry.backend().equals("cpu")));
    assertTrue(explanation.entries().stream().allMatch(entry -> entry.declined().isEmpty()));
    assertEquals(
        List.of(
            "layers.0.attn.q_proj+kv_a_proj",
            "layers.0.attn.kv_a_layernorm",
            "layers.0.attn.rotary_emb+concat_and_cache",
            "layers.0.attn.absorb_query",
            "layers.0.attn.decode_attention",
            "layers.0.attn.project_value",
            "layers.0.attn.kv_b_proj",
            "layers.0.attn.prefill_attention",
            "layers.0.attn.gather_context",
            "layers.0.attn.context_kv_b_proj",
            "layers.0.attn.context_attention",
            "layers.0.attn.merge_context",
            "layers.0.attn.o_proj"),
        explanation.entries().stream()
            .map(Entry::node)
            .filter(node -> node.startsWith("layers.0.attn."))
            .toList());
  }

  @Test
  void anOptionOfABackendThatThereIsNotIsRefused() {
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class,
            () -> explain(options -> options.backendOption("gpu:device", "1")));
    assertEquals(
        "Option backendOptions: 'gpu:device' is of a backend that was not found; found cpu. [MLA-0401]",
        e.getMessage());
  }

  @Test
  void strictNeedsANamedBackend() {
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> explain(options -> options.strict(true)));
    assertEquals(
        "Option strict = true with backend 'auto'; expected the name of the backend that must run every"
            + " op. [MLA-0401]",
        e.getMessage());
  }

  @Test
  void autoTakesWhatABackendSupportsAndFallsBackOpByOp() {
    Explanation explanation =
        explain(options -> options.pluginLoader(PluginLoader.beside(folder, Partial.class)));
    assertEquals(Set.of("partial"), backendsOf(explanation, "add"));
    assertEquals(Set.of("cpu"), backendsOf(explanation, "rms_norm"));
    assertEquals(
        List.of(new Declined("partial", "rms_norm", List.of("width 24 is not a multiple of 32"))),
        entry(explanation, "layers.0.input_layernorm").declined());
    assertEquals(
        List.of(new Declined("partial", "linear", List.of("has no op 'linear'"))),
        entry(explanation, "layers.0.attn.o_proj").declined());
  }

  @Test
  void aNamedBackendThatDeclinesWhatItClaimsIsAnError() {
    ClassLoader loader = PluginLoader.beside(folder, Partial.class);
    BackendException e =
        assertThrows(
            BackendException.class,
            () -> explain(options -> options.pluginLoader(loader).backend("partial")));
    assertEquals(
        "Backend 'partial' was chosen but declines op 'rms_norm' of 'layers.0.input_layernorm': width 24 is not a"
            + " multiple of 32. Choose 'auto', or give an op list. [MLA-0104]",
        e.getMessage());
  }

  @Test
  void switchingTheDeclinedOpOffHelps() {
    ClassLoader loader = PluginLoader.beside(folder, Partial.class);
    Explanation explanation =
        explain(options -> options.pluginLoader(loader).backend("partial").ops("-rms_norm"));
    assertEquals(Set.of("partial"), backendsOf(explanation, "add"));
    assertEquals(
        List.of(
            new Declined(
                "partial", "rms_norm", List.of("op list '-rms_norm' switches 'rms_norm' off"))),
        entry(explanation, "layers.0.input_layernorm").declined());
  }

  @Test
  void strictRefusesTheFallBackToCpu() {
    ClassLoader loader = PluginLoader.beside(folder, Partial.class);
    BackendException e =
        assertThrows(
            BackendException.class,
            () -> explain(options -> options.pluginLoader(loader).backend("partial").strict(true)));
    assertEquals(
        "Backend 'partial' was chosen but declines op 'embedding' of 'embed_tokens': has no op 'embedding'. Choose"
            + " 'auto', or give an op list. [MLA-0104]",
        e.getMessage());
  }

  @Test
  void noneLeavesEverythingToCpu() {
    ClassLoader loader = PluginLoader.beside(folder, Partial.class);
    Explanation explanation = explain(options -> options.pluginLoader(loader).ops("none"));
    assertTrue(explanation.entries().stream().allMatch(entry -> entry.backend().equals("cpu")));
  }

  @Test
  void aPinnedOpRunsThereOrNowhere() {
    ClassLoader loader = PluginLoader.beside(folder, Partial.class);
    Explanation explanation =
        explain(options -> options.pluginLoader(loader).backend("cpu").ops("add=partial"));
    assertEquals(Set.of("partial"), backendsOf(explanation, "add"));
    BackendException e =
        assertThrows(
            BackendException.class,
            () ->
                explain(
                    options -> options.pluginLoader(loader).backend("cpu").ops("linear=partial")));
    assertEquals(
        "Backend 'partial' was chosen but declines op 'linear' of 'layers.0.attn.q_proj': has no op 'linear'. Choose"
            + " 'auto', or change the op list 'linear=partial'. [MLA-0104]",
        e.getMessage());
  }

  @Test
  void aPinnedLayerThatNobodyTakesIsAnError() {
    ClassLoader loader = PluginLoader.beside(folder, Partial.class);
    BackendException e =
        assertThrows(
            BackendException.class,
            () -> explain(options -> options.pluginLoader(loader).ops("layer=partial")));
    assertEquals(
        "Backend 'partial' was chosen but declines layer 'layers.0.attn' (multi_head_latent_attention): has no layer"
            + " 'multi_head_latent_attention'. Choose 'auto', or change the op list 'layer=partial'. [MLA-0104]",
        e.getMessage());
  }

  @Test
  void aBackendThatOneOpIsPinnedToIsAskedForNothingElse() {
    ClassLoader loader = PluginLoader.beside(folder, TwoOps.class);
    Explanation explanation =
        explain(options -> options.pluginLoader(loader).backend("cpu").ops("add=two-ops"));
    assertEquals(Set.of("two-ops"), backendsOf(explanation, "add"));
    assertEquals(Set.of("cpu"), backendsOf(explanation, "silu_and_mul"));
    Explanation auto = explain(options -> options.pluginLoader(loader).ops("add=two-ops"));
    assertEquals(Set.of("two-ops"), backendsOf(auto, "silu_and_mul"));
  }

  @Test
  void aNamedBackendThatDeclinesALayerItClaimsIsAnError() {
    ClassLoader loader = PluginLoader.beside(folder, Layers.class);
    BackendException e =
        assertThrows(
            BackendException.class,
            () -> explain(options -> options.pluginLoader(loader).backend("layers")));
    assertEquals(
        "Backend 'layers' was chosen but declines layer 'layers.0.attn' (multi_head_latent_attention):"
            + " kvLoraRank = 16; only 512 is supported. Choose 'auto', or give an op list."
            + " [MLA-0104]",
        e.getMessage());
    Explanation auto = explain(options -> options.pluginLoader(loader));
    assertEquals(Set.of("cpu"), backendsOf(auto, "absorb_query"));
  }

  @Test
  void aBackendThatThrowsInsteadOfAnsweringIsNamed() {
    ClassLoader loader = PluginLoader.beside(folder, ThrowsWhenAsked.class);
    BackendException e =
        assertThrows(
            BackendException.class, () -> explain(options -> options.pluginLoader(loader)));
    assertEquals(
        "Backend 'throws-when-asked' failed to say whether it supports 'add':"
            + " java.lang.IllegalStateException: oops [MLA-0108]",
        e.getMessage());
    assertTrue(e.getCause() instanceof IllegalStateException);
  }

  @Test
  void aLateFailureIsBlamedOnWhoSubmittedTheWork() {
    EngineOptions options =
        EngineOptions.builder().pluginLoader(PluginLoader.beside(folder, Late.class)).build();
    BackendException e = assertThrows(BackendException.class, () -> logits(options));
    assertEquals(
        "Backend 'late' failed in layer 'layers.0', op 'add' ('layers.0.attn_add'):"
            + " java.lang.IllegalStateException: device lost [MLA-0107]",
        e.getMessage());
  }

  @Test
  void anUnknownBackendInAnOpListIsNamed() {
    BackendException e =
        assertThrows(BackendException.class, () -> explain(options -> options.ops("add=nobody")));
    assertEquals(
        "No backend named 'nobody'. Available: 'cpu' (priority 0). Add the vendor's jar to the class path or module path,"
            + " or choose another backend. [MLA-0101]",
        e.getMessage());
  }

  @Test
  void aBackendThatDoesNotOpenIsPassedOverUnlessNamed() {
    ClassLoader loader = PluginLoader.beside(folder, Closed.class);
    Explanation explanation = explain(options -> options.pluginLoader(loader));
    assertEquals(
        new Declined(
            "closed",
            "embedding",
            List.of("could not be opened: java.lang.IllegalStateException: device is in use")),
        entry(explanation, "embed_tokens").declined().getFirst());
    BackendException e =
        assertThrows(
            BackendException.class,
            () -> explain(options -> options.pluginLoader(loader).backend("closed")));
    assertEquals(
        "Backend 'closed' could not be opened: java.lang.IllegalStateException: device is in use. [MLA-0108]",
        e.getMessage());
  }

  @Test
  void aBackendThatSaysYesAndFailsIsNamed() {
    ClassLoader loader = PluginLoader.beside(folder, Liar.class);
    BackendException e =
        assertThrows(
            BackendException.class, () -> explain(options -> options.pluginLoader(loader)));
    assertEquals(
        "Backend 'liar' said it supports 'add' of 'layers.0.attn_add', but failed to create it:"
            + " java.lang.IllegalStateException: out of registers [MLA-0108]",
        e.getMessage());
  }

  @Test
  void anotherBackendOnTheClassPathChangesNoBitWhenNotChosen() {
    ClassLoader loader = PluginLoader.beside(folder, Partial.class);
    float[] alone = logits(EngineOptions.builder().build());
    float[] beside = logits(EngineOptions.builder().pluginLoader(loader).backend("cpu").build());
    float[] mixed = logits(EngineOptions.builder().pluginLoader(loader).build());
    assertArrayEquals(alone, beside);
    assertArrayEquals(alone, mixed, 1e-5f);
  }

  private static Explanation explain(Consumer<EngineOptions.Builder> change) {
    EngineOptions.Builder options = EngineOptions.builder();
    change.accept(options);
    try (StepRunner runner = StepRunner.build(new TinyModel(), options.build())) {
      return runner.explain();
    }
  }

  private static float[] logits(EngineOptions options) {
    try (StepRunner runner = StepRunner.build(new TinyModel(), options)) {
      runner.step().clear();
      runner.step().addSequence(Phase.PREFILL, 0, PROMPT, 0, PROMPT.length, new int[] {1}, 1);
      runner.step().wantLastLogits(Sampling.GREEDY, 0);
      runner.run();
      return runner.logits(0);
    }
  }

  private static Set<String> backendsOf(Explanation explanation, String op) {
    return explanation.entries().stream()
        .filter(entry -> entry.op().equals(op))
        .map(Entry::backend)
        .collect(Collectors.toSet());
  }

  private static Entry entry(Explanation explanation, String node) {
    return explanation.entries().stream()
        .filter(entry -> entry.node().equals(node))
        .findFirst()
        .orElseThrow();
  }

  /** Has two ops and supports one of them. */
  public static final class Partial extends Small {
    @Override
    public String name() {
      return "partial";
    }

    @Override
    public Backend open(EngineContext context) {
      return new Backend() {
        @Override
        public Set<String> ops() {
          return Set.of(RmsNorm.TYPE, Add.TYPE);
        }

        @Override
        public Support supports(Op op) {
          return op instanceof RmsNorm norm
              ? Support.no("width " + norm.x().rowWidth() + " is not a multiple of 32")
              : Support.yes();
        }

        @Override
        public Kernel create(Op op, Bindings bindings) {
          return new PlainAdd((Add) op, bindings);
        }

        @Override
        public void close() {}
      };
    }
  }

  /** Its device is taken. */
  public static final class Closed extends Small {
    @Override
    public String name() {
      return "closed";
    }

    @Override
    public Backend open(EngineContext context) {
      throw new IllegalStateException("device is in use");
    }
  }

  /** Says yes and fails later. */
  public static final class Liar extends Small {
    @Override
    public String name() {
      return "liar";
    }

    @Override
    public Backend open(EngineContext context) {
      return new Backend() {
        @Override
        public Set<String> ops() {
          return Set.of(Add.TYPE);
        }

        @Override
        public Kernel create(Op op, Bindings bindings) {
          throw new IllegalStateException("out of registers");
        }

        @Override
        public void close() {}
      };
    }
  }

  /** What the small providers below share. */
  public abstract static class Small implements BackendProvider {
    @Override
    public String version() {
      return "1";
    }

    @Override
    public int spiLevel() {
      return 1;
    }

    @Override
    public Probe probe() {
      return new Probe.Available("a test", true);
    }
  }

  /** Runs two ops. */
  public static final class TwoOps extends Small {
    @Override
    public String name() {
      return "two-ops";
    }

    @Override
    public Backend open(EngineContext context) {
      return new Backend() {
        @Override
        public Set<String> ops() {
          return Set.of(Add.TYPE, SiluAndMul.TYPE);
        }

        @Override
        public Kernel create(Op op, Bindings bindings) {
          return (step, queue) -> {};
        }

        @Override
        public void close() {}
      };
    }
  }

  /** Takes whole layers, of one size only. */
  public static final class Layers extends Small {
    @Override
    public String name() {
      return "layers";
    }

    @Override
    public Backend open(EngineContext context) {
      return new Backend() {
        @Override
        public Set<String> layers() {
          return Set.of(MultiHeadLatentAttention.TYPE);
        }

        @Override
        public Support supports(Op op) {
          int rank = ((MultiHeadLatentAttention.Call) op).spec().kvLoraRank();
          return rank == 512
              ? Support.yes()
              : Support.no("kvLoraRank = " + rank + "; only 512 is supported");
        }

        @Override
        public void close() {}
      };
    }
  }

  /** Breaks the rule that an unsupported op is an answer. */
  public static final class ThrowsWhenAsked extends Small {
    @Override
    public String name() {
      return "throws-when-asked";
    }

    @Override
    public Backend open(EngineContext context) {
      return new Backend() {
        @Override
        public Set<String> ops() {
          return Set.of(Add.TYPE);
        }

        @Override
        public Support supports(Op op) {
          throw new IllegalStateException("oops");
        }

        @Override
        public void close() {}
      };
    }
  }

  /** Submits its work and fails only when somebody waits for it. */
  public static final class Late extends Small {
    @Override
    public String name() {
      return "late";
    }

    @Override
    public Backend open(EngineContext context) {
      return new Backend() {
        @Override
        public Queue queue() {
          return () ->
              () -> {
                throw new IllegalStateException("device lost");
              };
        }

        @Override
        public Set<String> ops() {
          return Set.of(Add.TYPE);
        }

        @Override
        public Kernel create(Op op, Bindings bindings) {
          return (step, queue) -> {};
        }

        @Override
        public void close() {}
      };
    }
  }
}
