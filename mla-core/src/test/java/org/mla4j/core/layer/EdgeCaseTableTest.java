package org.mla4j.core.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mla4j.core.testing.Close.assertClose;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.backend.Support;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.error.MlaException;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.layer.MlaWeights;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.Op;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.cpu.CpuBackendProvider;
import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.cpu.kernel.OrderedKernels;
import org.mla4j.core.cpu.scalar.ScalarKernels;
import org.mla4j.core.cpu.vector.VectorKernels;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.core.testing.ArrayWeight;
import org.mla4j.core.testing.DelegatingBackend;
import org.mla4j.core.testing.ListedPlan;
import org.mla4j.core.testing.ObservedRunner;
import org.mla4j.core.testing.OpTestBench;
import org.mla4j.core.testing.PluginLoader;
import org.mla4j.core.testing.TestEngine;
import org.mla4j.core.testing.TinyModel;
import org.mla4j.core.testing.TinyModel.Variant;

/**
 * The edge cases that {@link MultiHeadLatentAttention} promises, row by row, on the default forward
 * inside a model. What single kernels owe is in the contracts of {@code core.testing}.
 */
class EdgeCaseTableTest {
  private static final String ATTENTION = "layers.0.attn.";
  private static final String CACHE = ATTENTION + "cache";
  private static final float NO_KEYS = Float.NEGATIVE_INFINITY;

  @TempDir Path folder;

  private static ObservedRunner plain() {
    return new ObservedRunner(new TinyModel(), EngineOptions.builder());
  }

  private static List<float[]> logits(ObservedRunner runner, int rows) {
    return IntStream.range(0, rows).mapToObj(runner::logits).toList();
  }

  private static void assertSame(List<float[]> expected, List<float[]> found) {
    assertEquals(expected.size(), found.size());
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), found.get(i), "row " + i);
    }
  }

  @Test
  void metadataNull() {
    try (ObservedRunner runner = plain()) {
      runner.add(Phase.PREFILL, 1, 0, 5, 1);
      runner.run();
      byte[] before = runner.cache(CACHE);
      runner.step().profile(4);
      runner.run();
      assertArrayEquals(new float[4 * 24], runner.value(ATTENTION + "output"));
      assertArrayEquals(before, runner.cache(CACHE), "the cache is not written");
      assertTrue(runner.memory().get("step buffers") > 0, "workspace is still reserved");
    }
  }

  @Test
  void slotMappingNull() {
    try (ObservedRunner runner = plain()) {
      runner.add(Phase.PREFILL, 1, 0, 5, 1);
      runner.run();
      float[] rotated = runner.value(ATTENTION + "k_pe");
      byte[] before = runner.cache(CACHE);
      runner.step().clear();
      runner.add(Phase.PREFILL, 1, 0, 5, 2);
      runner.step().omitSlotMapping();
      runner.run();
      assertArrayEquals(before, runner.cache(CACHE), "no cache write");
      assertArrayEquals(rotated, runner.value(ATTENTION + "k_pe"), "rope is still applied");
    }
  }

  @Test
  void slotBelowZero() {
    try (ObservedRunner runner = plain()) {
      runner.add(Phase.PREFILL, 1, 0, 5, 1);
      runner.run();
      float[] queries = runner.value(ATTENTION + "q");
      Tensor cache = runner.cacheTensor(CACHE);
      cache.segment().fill((byte) 0);
      runner.step().clear();
      runner.add(Phase.PREFILL, 1, 0, 5, 1);
      runner.step().skipSlot(2);
      runner.run();
      assertArrayEquals(queries, runner.value(ATTENTION + "q"), "its query is still produced");
      for (float output : runner.value(ATTENTION + "output")) {
        assertTrue(Float.isFinite(output));
      }
      int width = (int) cache.shape().extent(2);
      for (int token = 0; token < 5; token++) {
        long at = (16L + token) * width * Float.BYTES;
        float first = cache.segment().get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
        assertEquals(token == 2, first == 0, "token " + token);
      }
    }
  }

  @Test
  void cacheWithoutElements() {
    try (OpTestBench bench = OpTestBench.tokens(4).prefillStep(3)) {
      StepValue kvC = bench.filled("kv_c", Rows.ALL, new float[12], 4);
      CacheValue cache = new CacheValue("cache", "layer", CacheSpec.mla(4, 0, DType.F32));
      Tensor none =
          Tensor.dense(
              DType.F32, Shape.of(0, 16, 4), new HostStorage(Arena.ofAuto().allocate(0)), 0);
      Bindings empty =
          new Bindings() {
            @Override
            public StepTensor tensor(StepValue value) {
              return bench.tensor(value);
            }

            @Override
            public Tensor cache(CacheValue value, int tensor) {
              return none;
            }
          };
      StepValue query = bench.filled("q_latent", Rows.ALL, new float[12], 1, 4);
      StepValue out = bench.buffer("o_latent", Rows.ALL, 1, 4);
      // A write or a read would leave a segment of no bytes.
      List<Op> ops =
          List.of(
              new ConcatAndCacheMla(kvC, null, cache),
              new MlaDecodeAttention(query, null, cache, 1, out, null));
      for (KernelSet kernels :
          List.of(
              new ScalarKernels(), new OrderedKernels(new VectorKernels(), new ScalarKernels()))) {
        for (Op op : ops) {
          try (Kernel kernel = kernels.create(op, empty, bench.context())) {
            kernel.forward(bench.step(), Queue.SYNCHRONOUS);
          }
        }
        assertArrayEquals(new float[12], bench.read(out));
      }
    }
  }

  @Test
  void noTokens() {
    try (ObservedRunner runner = plain()) {
      runner.step().clear();
      runner.run();
      assertEquals(List.of(), runner.nodes());
    }
  }

  @Test
  void rowsBeyondTheLiveOnes() {
    try (ObservedRunner clean = plain();
        ObservedRunner poisoned = plain()) {
      poisoned.poisonDeadRows();
      for (ObservedRunner runner : List.of(clean, poisoned)) {
        runner.add(Phase.PREFILL, 1, 0, 20, 1, 2);
        runner.run();
        runner.step().clear();
        runner.add(Phase.DECODE, 1, 20, 1, 1, 2);
        runner.add(Phase.PREFILL, 2, 0, 3, 3);
        runner.run();
      }
      assertSame(logits(clean, 4), logits(poisoned, 4));
    }
  }

  @Test
  void decodeOnlyOrPrefillOnly() {
    Set<String> decode = Set.of("absorb_query", "decode_attention", "project_value");
    Set<String> prefill = Set.of("kv_b_proj", "prefill_attention");
    Set<String> context =
        Set.of("gather_context", "context_kv_b_proj", "context_attention", "merge_context");
    try (ObservedRunner runner = plain()) {
      runner.add(Phase.PREFILL, 1, 0, 5, 1);
      runner.run();
      assertRan(runner, prefill, decode, context);
      runner.step().clear();
      runner.add(Phase.DECODE, 1, 5, 1, 1);
      runner.run();
      assertRan(runner, decode, prefill, context);
      runner.step().clear();
      runner.add(Phase.PREFILL, 1, 6, 2, 1);
      runner.run();
      assertRan(runner, prefill, decode, Set.of());
      assertRan(runner, context, decode, Set.of());
    }
  }

  private static void assertRan(
      ObservedRunner runner, Set<String> these, Set<String> notThose, Set<String> norThose) {
    for (String node : these) {
      assertTrue(runner.nodes().contains(ATTENTION + node), node);
    }
    for (Set<String> absent : List.of(notThose, norThose)) {
      for (String node : absent) {
        assertFalse(runner.nodes().contains(ATTENTION + node), node);
      }
    }
  }

  @Test
  void queryOfLengthZero() {
    try (ObservedRunner runner = plain()) {
      runner.add(Phase.PREFILL, 1, 0, 5, 1);
      runner.run();
      List<float[]> alone = logits(runner, 5);
      runner.step().clear();
      runner.add(Phase.DECODE, 3, 7, 0, 5);
      runner.add(Phase.PREFILL, 3, 7, 0, 6);
      runner.add(Phase.PREFILL, 1, 0, 5, 1);
      runner.add(Phase.PREFILL, 3, 7, 0, 7);
      runner.run();
      assertSame(alone, logits(runner, 5));
    }
  }

  @Test
  void sequenceOfLengthZero() {
    try (ObservedRunner runner = plain()) {
      runner.add(Phase.PREFILL, 1, 0, 5, 1);
      runner.run();
      List<float[]> alone = logits(runner, 5);
      runner.step().clear();
      runner.add(Phase.DECODE, 3, 0, 0);
      runner.add(Phase.PREFILL, 1, 0, 5, 1);
      runner.add(Phase.PREFILL, 3, 0, 0);
      runner.run();
      assertSame(alone, logits(runner, 5));
    }
  }

  @Test
  void contextChunkEmptyForASequence() {
    try (ObservedRunner runner =
        new ObservedRunner(new TinyModel(), EngineOptions.builder().contextTokens(32))) {
      runner.add(Phase.PREFILL, 1, 0, 50, 1, 2, 3, 4);
      runner.run();
      List<float[]> whole = logits(runner, 50);
      runner.step().clear();
      runner.add(Phase.PREFILL, 2, 0, 8, 5);
      runner.run();
      List<float[]> shorter = logits(runner, 8);

      runner.step().clear();
      runner.add(Phase.PREFILL, 1, 0, 45, 1, 2, 3, 4);
      runner.run();
      runner.step().clear();
      runner.add(Phase.PREFILL, 2, 0, 6, 5);
      runner.run();
      runner.step().clear();
      // Contexts of 45, 6 and none: two share a pass of 32, so that the second has one of three.
      runner.add(Phase.PREFILL, 1, 45, 5, 1, 2, 3, 4);
      runner.add(Phase.PREFILL, 2, 6, 2, 5);
      runner.add(Phase.PREFILL, 2, 0, 8, 6);
      runner.run();
      List<float[]> passes = runner.each(ATTENTION + "context_lse");
      assertEquals(3, passes.size());
      int heads = 3;
      for (int pass = 0; pass < passes.size(); pass++) {
        for (int i = 0; i < 15 * heads; i++) {
          int token = i / heads;
          boolean hasKeys = token < 5 || (token < 7 && pass == 0);
          assertEquals(!hasKeys, passes.get(pass)[i] == NO_KEYS, "pass " + pass + ", row " + token);
        }
      }
      for (int i = 0; i < 5; i++) {
        assertClose(whole.get(45 + i), runner.logits(i), 1e-5, "after 45 tokens, " + i);
      }
      for (int i = 0; i < 2; i++) {
        assertClose(shorter.get(6 + i), runner.logits(5 + i), 1e-5, "after 6 tokens, " + i);
      }
      assertSame(shorter, logits(runner, 15).subList(7, 15));
    }
  }

  @Test
  void bothLogSumExpsMinusInfinity() {
    float[] found = merge(new float[] {5, 6}, NO_KEYS, new float[] {7, 8}, NO_KEYS);
    assertArrayEquals(new float[] {0, 0, NO_KEYS}, found);
  }

  @Test
  void logSumExpPlusInfinity() {
    float infinite = Float.POSITIVE_INFINITY;
    float[] prefix = {5, 6};
    float[] suffix = {7, 8};
    assertArrayEquals(new float[] {7, 8, 0.5f}, merge(prefix, infinite, suffix, 0.5f));
    assertArrayEquals(new float[] {5, 6, 0.5f}, merge(prefix, 0.5f, suffix, infinite));
    assertArrayEquals(new float[] {0, 0, NO_KEYS}, merge(prefix, infinite, suffix, infinite));
    float[] nan = {Float.NaN, Float.NaN};
    assertArrayEquals(new float[] {7, 8, 0.5f}, merge(nan, NO_KEYS, suffix, 0.5f));
    assertArrayEquals(new float[] {5, 6, 0.5f}, merge(prefix, 0.5f, nan, NO_KEYS));
  }

  /** Two elements of one head, and the log-sum-exp. */
  private static float[] merge(float[] prefix, float prefixLse, float[] suffix, float lse) {
    try (OpTestBench bench = OpTestBench.tokens(2).prefillStep(1)) {
      StepValue out = bench.filled("out", Rows.PREFILL, suffix, 1, 2);
      StepValue outLse = bench.filled("lse", Rows.PREFILL, new float[] {lse}, 1);
      bench.run(
          new ScalarKernels(),
          new MergeAttentionStates(
              bench.filled("prefix", Rows.PREFILL, prefix, 1, 2),
              bench.filled("prefix_lse", Rows.PREFILL, new float[] {prefixLse}, 1),
              out,
              outLse));
      float[] merged = Arrays.copyOf(bench.read(out), 3);
      merged[2] = bench.read(outLse)[0];
      return merged;
    }
  }

  @Test
  void rotaryNull() {
    try (ObservedRunner runner =
        new ObservedRunner(new TinyModel(Variant.NO_ROPE), EngineOptions.builder())) {
      assertFormsAgree(runner);
      assertFalse(runner.nodes().contains(ATTENTION + "rotary_emb"));
      assertTrue(runner.nodes().contains(ATTENTION + "concat_and_cache"));
    }
  }

  @Test
  void queryLoraNull() {
    try (ObservedRunner direct = plain();
        ObservedRunner lora =
            new ObservedRunner(new TinyModel(Variant.QUERY_LORA), EngineOptions.builder())) {
      assertFormsAgree(direct);
      assertFormsAgree(lora);
      assertTrue(direct.nodes().contains(ATTENTION + "q_proj"));
      assertFalse(direct.nodes().contains(ATTENTION + "q_b_proj"));
      assertTrue(lora.nodes().contains(ATTENTION + "q_b_proj"));
      assertFalse(lora.nodes().contains(ATTENTION + "q_proj"));
    }
  }

  private static void assertFormsAgree(ObservedRunner runner) {
    runner.add(Phase.PREFILL, 1, 0, 9, 1);
    runner.run();
    List<float[]> prefill = logits(runner, 9);
    runner.step().clear();
    runner.add(Phase.DECODE, 1, 0, 9, 2);
    runner.run();
    for (int i = 0; i < 9; i++) {
      assertClose(prefill.get(i), runner.logits(i), 1e-5, "row " + i);
    }
  }

  @Test
  void headsNotDivisibleOverDevices() {
    // A spec counts local heads; weights of another share of the heads do not fit it.
    MlaSpec spec = spec().build();
    MlaWeights other = weights(15);
    assertRefused(
        ModelException.class,
        "layers.0.attn: tensor 'q': expected [numHeads * (qkNopeHeadDim + qkRopeHeadDim), hiddenSize] ="
            + " [10, 8], found [15, 8]. [MLA-0203]",
        () -> MlaLayer.add(new ListedPlan(), "layers.0.attn", spec, other, hidden()));
  }

  @Test
  void rotaryWidthOddOrNotTheCaches() {
    assertRefused(
        InvalidInputException.class,
        "RopeSpec: dim = 3; expected an even number, since elements turn in pairs. [MLA-0301]",
        () -> new RopeSpec(3, 10000, RopeStyle.NEOX, new RopeScaling.None(), 64));
    assertRefused(
        InvalidInputException.class,
        "MlaSpec: rope.dim = 4; expected qkRopeHeadDim = 2. [MLA-0301]",
        () ->
            spec()
                .rope(new RopeSpec(4, 10000, RopeStyle.NEOX, new RopeScaling.None(), 64))
                .build());
  }

  @Test
  void positionBeyondTheRopeTable() {
    EngineOptions.Builder options = EngineOptions.builder().maxSequenceLength(40);
    try (ObservedRunner runner = new ObservedRunner(new TinyModel(), options)) {
      runner.add(Phase.PREFILL, 1, 0, 40, 1, 2, 3);
      runner.run();
      runner.step().clear();
      assertRefused(
          InvalidInputException.class,
          "Step description: a sequence of 41 tokens; expected at most 40. [MLA-0303]",
          () -> runner.add(Phase.DECODE, 1, 40, 1, 1, 2, 3));
    }
  }

  @Test
  void requestedBackendUnsupported() {
    EngineOptions options =
        EngineOptions.builder()
            .backend("picky")
            .pluginLoader(PluginLoader.beside(folder, Picky.class))
            .build();
    assertRefused(
        BackendException.class,
        "Backend 'picky' was chosen but declines op 'linear' of 'layers.0.attn.q_proj': rows are 24"
            + " wide; expected 64; weights are F32; expected F16. Choose 'auto', or give an op list."
            + " [MLA-0104]",
        () -> StepRunner.build(new TinyModel(), options));
  }

  /** Has one op and never runs it. */
  public static final class Picky extends DelegatingBackend {
    @Override
    public String name() {
      return "picky";
    }

    @Override
    public Backend open(EngineContext context) {
      return new Backend() {
        @Override
        public Set<String> ops() {
          return Set.of(Linear.TYPE);
        }

        @Override
        public Support supports(Op op) {
          return Support.unless(
              List.of("rows are 24 wide; expected 64", "weights are F32; expected F16"));
        }

        @Override
        public void close() {}
      };
    }
  }

  @Test
  void blockTableEntryBeyondTheSequence() {
    assertForeignCellsDoNotMatter(9);
  }

  @Test
  void blockZero() {
    assertForeignCellsDoNotMatter(0);
    try (ObservedRunner runner = plain()) {
      assertRefused(
          InvalidInputException.class,
          "Step description: block 0; expected 1 to 32. [MLA-0303]",
          () -> runner.add(Phase.DECODE, 1, 0, 1, 0));
    }
  }

  /** A block full of NaN, which a table names behind the blocks that are needed, or is reserved. */
  private static void assertForeignCellsDoNotMatter(int poisoned) {
    try (ObservedRunner runner = plain()) {
      runner.add(Phase.PREFILL, 1, 0, 20, 1, 2);
      runner.add(Phase.PREFILL, 1, 0, 20, 4, 5);
      runner.run();
      runner.step().clear();
      addBothForms(runner, 3);
      runner.run();
      List<float[]> clean = logits(runner, 4);
      Tensor cache = runner.cacheTensor(CACHE);
      long blockBytes = 16 * cache.shape().extent(2) * Float.BYTES;
      cache.segment().asSlice(poisoned * blockBytes, blockBytes).fill((byte) 0xFF);
      runner.step().clear();
      addBothForms(runner, poisoned == 0 ? 3 : poisoned);
      runner.run();
      assertSame(clean, logits(runner, 4));
    }
  }

  private static void addBothForms(ObservedRunner runner, int thirdBlock) {
    runner.add(Phase.DECODE, 1, 20, 2, 1, 2, thirdBlock);
    runner.add(Phase.PREFILL, 1, 20, 2, 4, 5, thirdBlock);
  }

  @Test
  void twoLayersOfOneName() {
    assertRefused(
        InvalidInputException.class,
        "Two nodes or layers of the plan are named 'layers.0.attn.cache'; expected one. [MLA-0302]",
        () -> StepRunner.build(new Twice(), EngineOptions.builder().build()));
  }

  /** Two attention layers of one name. */
  private static final class Twice implements ModelDefinition {
    @Override
    public String name() {
      return "twice";
    }

    @Override
    public String architecture() {
      return "TwiceForTests";
    }

    @Override
    public int vocabularySize() {
      return 1;
    }

    @Override
    public int maxPositions() {
      return 8;
    }

    @Override
    public StepValue contribute(PlanBuilder plan, CacheDTypes cacheDTypes) {
      PlanBuilder layer = plan.scope("layers").scope("0");
      MlaLayer.add(layer, "attn", spec().build(), fitting(), hidden());
      return MlaLayer.add(layer, "attn", spec().build(), fitting(), hidden());
    }

    @Override
    public void close() {}
  }

  @Test
  void weightsReloaded() {
    float[] values = {1, 2, 3, 4};
    ArrayWeight weight = ArrayWeight.derived("w", DType.F32, values, 2, 2);
    TestEngine engine = TestEngine.of(OpTestBench.tokens(2).step().limits());
    try (OpTestBench bench = OpTestBench.tokens(2).prefillStep(1);
        Backend cpu = new CpuBackendProvider().open(engine)) {
      StepValue x = bench.filled("x", Rows.ALL, new float[] {1, 10}, 2);
      StepValue out = bench.buffer("out", Rows.ALL, 2);
      Kernel kernel = cpu.create(new Linear(x, weight, null, out), bench);
      kernel.forward(bench.step(), Queue.SYNCHRONOUS);
      assertArrayEquals(new float[] {21, 43}, bench.read(out));
      weight.set(5, 6, 7, 8);
      kernel.forward(bench.step(), Queue.SYNCHRONOUS);
      assertArrayEquals(new float[] {21, 43}, bench.read(out), "not before it is told");
      // The kernel keeps the storage it was created with.
      cpu.reloadWeights();
      kernel.forward(bench.step(), Queue.SYNCHRONOUS);
      assertArrayEquals(new float[] {65, 87}, bench.read(out));
      kernel.close();
    }
  }

  @Test
  void fp8ScaleMissing() {
    assertEquals(1f, spec().cacheDType(DType.F8_E4M3).build().cache().scale());
  }

  /** H = 8, N = 2, L = 4, P = 3, R = 2, V = 5. */
  private static MlaSpec.Builder spec() {
    return MlaSpec.builder()
        .hiddenSize(8)
        .numHeads(2)
        .kvLoraRank(4)
        .qkNopeHeadDim(3)
        .qkRopeHeadDim(2)
        .vHeadDim(5);
  }

  private static MlaWeights fitting() {
    return weights(10);
  }

  private static MlaWeights weights(int queryRows) {
    return new MlaWeights(
        projection("q", queryRows, 8),
        null,
        null,
        null,
        projection("kv_a", 6, 8),
        null,
        projection("kv_b", 16, 4),
        projection("o", 8, 10),
        null,
        null);
  }

  private static StepValue hidden() {
    return StepValue.buffer("hidden", DType.F32, Rows.ALL, 8);
  }

  private static Projection projection(String name, int out, int in) {
    return new Projection(ArrayWeight.of(name, DType.F32, new float[out * in], out, in), null);
  }

  private static void assertRefused(
      Class<? extends MlaException> type, String message, Executable attempt) {
    assertEquals(message, assertThrows(type, attempt).getMessage());
  }
}
