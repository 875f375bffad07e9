package org.mla4j.core.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.FusedAddRmsNorm;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaDecompressedAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.op.MlaPreprocess;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.op.QkvAProj;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RmsNormRopeConcatAndCacheMla;
import org.mla4j.api.op.RopeConcatAndCacheMla;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.op.Sample;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.CacheSpec.Part;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.MoeSpec.GroupScore;
import org.mla4j.api.spec.MoeSpec.Scoring;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.cpu.kernel.KernelSet;

/**
 * A warm kernel allocates nothing on the Java heap, whatever the op. Extended once for each set of
 * kernels.
 */
@Tag("allocation")
@DisplayName("Forward does not allocate")
public abstract class NoAllocationContract {
  private static final int CALLS = 50;

  /**
   * Until the JIT compiler has settled, calls allocate what compiled code keeps in registers,
   * vectors above all. What a kernel itself allocates, it allocates in every round.
   */
  private static final int ROUNDS = 600;

  /** Now and then the compiler gets a processor to itself: on a busy machine it lags behind. */
  private static final int ROUNDS_BETWEEN_PAUSES = 20;

  private static final long PAUSE_MILLIS = 50;

  private static final int TOKENS = 6;
  private static final int HEADS = 2;
  private static final int WIDTH = 64;
  private static final int ROPE = 16;

  /** A complete set. */
  protected abstract KernelSet kernels();

  @TestFactory
  Stream<DynamicTest> forwardDoesNotAllocate() {
    return Op.VOCABULARY.stream()
        .filter(type -> !type.equals(CompositeOp.MLA_ATTENTION))
        .map(type -> DynamicTest.dynamicTest(type, () -> assertNothingAllocated(type)));
  }

  private void assertNothingAllocated(String type) throws InterruptedException {
    try (OpTestBench bench = mixedStep();
        Kernel kernel = bench.create(kernels(), op(type, bench))) {
      long allocated = allocatedInARound(kernel, bench);
      for (int round = 1; round < ROUNDS && allocated > 0; round++) {
        if (round % ROUNDS_BETWEEN_PAUSES == 0) {
          Thread.sleep(PAUSE_MILLIS);
        }
        allocated = allocatedInARound(kernel, bench);
      }
      assertEquals(0, allocated, "bytes in the last round of " + CALLS + " calls");
    }
  }

  private static long allocatedInARound(Kernel kernel, OpTestBench bench) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int call = 0; call < CALLS; call++) {
      kernel.forward(bench.step(), Queue.SYNCHRONOUS);
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  /** Two decode and four prefill tokens, two with a context, the logits of two of them wanted. */
  private static OpTestBench mixedStep() {
    OpTestBench bench = OpTestBench.tokens(TOKENS);
    bench.add(Phase.DECODE, 20, 2, 1, 2);
    bench.step().wantLastLogits(Sampling.GREEDY, 0);
    bench.add(Phase.PREFILL, 20, 2, 3, 4);
    bench.add(Phase.PREFILL, 0, 2, 5);
    bench.step().wantLastLogits(new Sampling(0.8f, 20, 0.9f, 0.01f), 0.5);
    bench.step().openContextPass(0);
    bench.step().copyBlock(1, 6);
    bench.step().copyBlock(6, 7);
    return bench;
  }

  private static Op op(String type, OpTestBench bench) {
    return switch (type) {
      case AbsorbQuery.TYPE ->
          new AbsorbQuery(
              value(bench, "q", Rows.DECODE, HEADS, WIDTH),
              weight(HEADS * (WIDTH + WIDTH), WIDTH),
              value(bench, "q_latent", Rows.DECODE, HEADS, WIDTH));
      case Add.TYPE ->
          new Add(value(bench, "x", Rows.ALL, WIDTH), value(bench, "y", Rows.ALL, WIDTH));
      case ConcatAndCacheMla.TYPE -> concat(bench);
      case CopyBlocks.TYPE -> new CopyBlocks(filledCache(bench));
      case CopyTo.TYPE ->
          new CopyTo(value(bench, "from", Rows.ALL, WIDTH), value(bench, "to", Rows.ALL, WIDTH));
      case Embedding.TYPE -> new Embedding(weight(9, WIDTH), value(bench, "out", Rows.ALL, WIDTH));
      case FusedAddRmsNorm.TYPE ->
          new FusedAddRmsNorm((Add) op(Add.TYPE, bench), norm(bench, "x", "out"));
      case GatherCache.TYPE ->
          new GatherCache(filledCache(bench), value(bench, "rows", Rows.CONTEXT, WIDTH + ROPE));
      case GqaAttention.TYPE ->
          new GqaAttention(
              value(bench, "q", Rows.ALL, 2 * HEADS, ROPE),
              value(bench, "k", Rows.ALL, HEADS, ROPE),
              value(bench, "v", Rows.ALL, HEADS, ROPE),
              gqaCache(bench),
              0.1,
              value(bench, "out", Rows.ALL, 2 * HEADS, ROPE));
      case Linear.TYPE -> linear(bench, "x", "out", 48);
      case MergeAttentionStates.TYPE ->
          new MergeAttentionStates(
              value(bench, "prefix", Rows.PREFILL, HEADS, WIDTH),
              value(bench, "prefix_lse", Rows.PREFILL, HEADS),
              value(bench, "out", Rows.PREFILL, HEADS, WIDTH),
              value(bench, "lse", Rows.PREFILL, HEADS));
      case MlaContextAttention.TYPE ->
          new MlaContextAttention(
              value(bench, "q_nope", Rows.PREFILL, HEADS, WIDTH),
              value(bench, "q_pe", Rows.PREFILL, HEADS, ROPE),
              value(bench, "k_nope", Rows.CONTEXT, HEADS, WIDTH),
              value(bench, "k_pe", Rows.CONTEXT, ROPE),
              value(bench, "v", Rows.CONTEXT, HEADS, WIDTH),
              0.1,
              value(bench, "out", Rows.PREFILL, HEADS, WIDTH),
              value(bench, "lse", Rows.PREFILL, HEADS));
      case MlaDecompressedAttention.TYPE ->
          new MlaDecompressedAttention(
              value(bench, "q", Rows.ALL, HEADS, WIDTH + ROPE),
              filledCache(bench),
              weight(HEADS * 2 * WIDTH, WIDTH),
              null,
              weight(WIDTH + ROPE),
              1e-6,
              null,
              RopeStyle.NEOX,
              0.1,
              value(bench, "out", Rows.ALL, HEADS, WIDTH));
      case MlaDecodeAttention.TYPE ->
          new MlaDecodeAttention(
              value(bench, "q_latent", Rows.DECODE, HEADS, WIDTH),
              value(bench, "q_pe", Rows.DECODE, HEADS, ROPE),
              filledCache(bench),
              0.1,
              value(bench, "o_latent", Rows.DECODE, HEADS, WIDTH),
              value(bench, "lse", Rows.DECODE, HEADS));
      case MlaPrefillAttention.TYPE ->
          new MlaPrefillAttention(
              value(bench, "q_nope", Rows.PREFILL, HEADS, WIDTH),
              value(bench, "q_pe", Rows.PREFILL, HEADS, ROPE),
              value(bench, "k_nope", Rows.PREFILL, HEADS, WIDTH),
              value(bench, "k_pe", Rows.PREFILL, ROPE),
              value(bench, "v", Rows.PREFILL, HEADS, WIDTH),
              0.1,
              value(bench, "out", Rows.PREFILL, HEADS, WIDTH),
              value(bench, "lse", Rows.PREFILL, HEADS));
      case MlaPreprocess.TYPE ->
          new MlaPreprocess(
              linear(bench, "hidden", "q_c", WIDTH),
              norm(bench, "q_c", "q_c_normed"),
              new Linear(
                  value(bench, "q_c_normed", Rows.ALL, WIDTH),
                  weight(HEADS * ROPE, WIDTH),
                  null,
                  value(bench, "q", Rows.ALL, HEADS, ROPE)),
              linear(bench, "hidden", "kv_a", WIDTH),
              norm(bench, "kv_a", "kv_c"),
              null,
              new ConcatAndCacheMla(
                  value(bench, "kv_c", Rows.ALL, WIDTH),
                  null,
                  new CacheValue("cache", "layer", CacheSpec.mla(WIDTH, 0, DType.BF16))),
              new AbsorbQuery(
                  value(bench, "q", Rows.ALL, HEADS, ROPE).only(Rows.DECODE),
                  weight(HEADS * (ROPE + WIDTH), WIDTH),
                  value(bench, "q_latent", Rows.DECODE, HEADS, WIDTH)));
      case MoeGate.TYPE ->
          new MoeGate(
              moe(), value(bench, "logits", Rows.ALL, 8), weight(8), ids(bench), shares(bench));
      case ProjectValue.TYPE ->
          new ProjectValue(
              value(bench, "o_latent", Rows.DECODE, HEADS, WIDTH),
              weight(HEADS * (WIDTH + WIDTH), WIDTH),
              value(bench, "out", Rows.DECODE, HEADS, WIDTH));
      case QkvAProj.TYPE ->
          new QkvAProj(linear(bench, "x", "q_c", 48), linear(bench, "x", "kv_a", 80));
      case RmsNorm.TYPE -> norm(bench, "x", "out");
      case RmsNormRopeConcatAndCacheMla.TYPE ->
          new RmsNormRopeConcatAndCacheMla(norm(bench, "x", "kv_c"), rope(bench), concat(bench));
      case RopeConcatAndCacheMla.TYPE -> new RopeConcatAndCacheMla(rope(bench), concat(bench));
      case RotaryEmbedding.TYPE -> rope(bench);
      case RoutedExperts.TYPE ->
          new RoutedExperts(
              moe(),
              value(bench, "x", Rows.ALL, WIDTH),
              ids(bench),
              shares(bench),
              Stream.generate(NoAllocationContract::expert).limit(8).toList(),
              value(bench, "out", Rows.ALL, WIDTH));
      case Sample.TYPE ->
          new Sample(
              value(bench, "logits", Rows.LOGITS, 100),
              StepValue.buffer("ids", DType.I32, Rows.LOGITS, 1));
      case SelectRows.TYPE ->
          new SelectRows(
              value(bench, "x", Rows.ALL, WIDTH), value(bench, "out", Rows.LOGITS, WIDTH));
      case SiluAndMul.TYPE ->
          new SiluAndMul(
              value(bench, "gate_up", Rows.ALL, 2 * WIDTH), value(bench, "out", Rows.ALL, WIDTH));
      default -> throw new IllegalArgumentException("No example of " + type);
    };
  }

  private static ConcatAndCacheMla concat(OpTestBench bench) {
    return new ConcatAndCacheMla(
        value(bench, "kv_c", Rows.ALL, WIDTH), value(bench, "k_pe", Rows.ALL, ROPE), cache());
  }

  private static Linear linear(OpTestBench bench, String x, String out, int width) {
    return new Linear(
        value(bench, x, Rows.ALL, WIDTH),
        weight(width, WIDTH),
        weight(width),
        value(bench, out, Rows.ALL, width));
  }

  private static RmsNorm norm(OpTestBench bench, String x, String out) {
    return new RmsNorm(
        value(bench, x, Rows.ALL, WIDTH),
        weight(WIDTH),
        1e-6,
        1,
        value(bench, out, Rows.ALL, WIDTH));
  }

  private static RotaryEmbedding rope(OpTestBench bench) {
    return new RotaryEmbedding(
        value(bench, "q", Rows.ALL, HEADS, ROPE),
        value(bench, "k_pe", Rows.ALL, ROPE),
        weight(32, ROPE),
        RopeStyle.INTERLEAVED);
  }

  private static CacheValue gqaCache(OpTestBench bench) {
    List<Part> parts = List.of(new Part("key", HEADS * ROPE), new Part("value", HEADS * ROPE));
    CacheValue cache = new CacheValue("gqa", "layer", new CacheSpec(parts, DType.BF16, 1));
    int cells = Math.toIntExact(bench.cache(cache).shape().elements());
    bench.fillCache(cache, 0, new RandomData(6).normal(cells));
    return cache;
  }

  private static StepValue value(OpTestBench bench, String name, Rows rows, int... extents) {
    int width = Arrays.stream(extents).reduce(1, (a, b) -> a * b);
    long[] shape = Arrays.stream(extents).asLongStream().toArray();
    float[] live = new RandomData(name.hashCode()).normal(bench.step().count(rows) * width);
    return bench.filled(name, rows, live, shape);
  }

  private static ArrayWeight weight(int... extents) {
    int elements = Arrays.stream(extents).reduce(1, (a, b) -> a * b);
    long[] shape = Arrays.stream(extents).asLongStream().toArray();
    return ArrayWeight.of("weight", DType.BF16, new RandomData(1).normal(elements), shape);
  }

  private static Expert expert() {
    return new Expert(weight(WIDTH, WIDTH), weight(WIDTH, WIDTH), weight(WIDTH, WIDTH));
  }

  private static MoeSpec moe() {
    return new MoeSpec(WIDTH, 8, 2, WIDTH, Scoring.SIGMOID, 4, 2, GroupScore.TOP2_SUM, true, 1, 0);
  }

  /** One expert has most of the tokens, others one each. */
  private static StepValue ids(OpTestBench bench) {
    StepValue ids = StepValue.buffer("ids", DType.I32, Rows.ALL, 2);
    int[] experts = new int[2 * TOKENS];
    Arrays.setAll(experts, i -> i < TOKENS ? 0 : i % 8);
    bench.fillInts(ids, experts);
    return ids;
  }

  private static StepValue shares(OpTestBench bench) {
    return value(bench, "shares", Rows.ALL, 2);
  }

  private static CacheValue cache() {
    return new CacheValue("cache", "layer", CacheSpec.mla(WIDTH, ROPE, DType.BF16));
  }

  private static CacheValue filledCache(OpTestBench bench) {
    int cells = Math.toIntExact(bench.cache(cache()).shape().elements());
    bench.fillCache(cache(), 0, new RandomData(5).normal(cells));
    return cache();
  }
}
