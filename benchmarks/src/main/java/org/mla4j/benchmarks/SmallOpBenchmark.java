package org.mla4j.benchmarks;

import org.mla4j.api.op.Add;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.FusedAddRmsNorm;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.RopeTable;
import org.mla4j.benchmarks.bound.Work;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * The ops that do little with each element, with the widths of DeepSeek-V2-Lite. Their rows lie in
 * the processor's caches, as in a model, so that they may go beyond what memory gives.
 */
public class SmallOpBenchmark extends KernelBenchmark {
  private static final int HIDDEN = 2048;
  private static final int HEADS = 16;
  private static final int LATENT = 512;
  private static final int ROPE = 64;
  private static final int VALUE = 128;
  private static final int INNER = 1408;
  private static final int EXPERTS = 64;
  private static final int TOP_K = 6;
  private static final int VOCABULARY = 102400;
  private static final double EPSILON = 1e-6;
  private static final CacheSpec CACHE = CacheSpec.mla(LATENT, ROPE, DType.BF16);

  /** Which op. */
  @Param({
    RmsNorm.TYPE,
    FusedAddRmsNorm.TYPE,
    Add.TYPE,
    SiluAndMul.TYPE,
    RotaryEmbedding.TYPE,
    ConcatAndCacheMla.TYPE,
    GatherCache.TYPE,
    MergeAttentionStates.TYPE,
    MoeGate.TYPE,
    Embedding.TYPE
  })
  public String op = "";

  /** How many rows. */
  @Param({"1", "512"})
  public int tokens;

  /** Used by JMH. */
  public SmallOpBenchmark() {}

  /** An op, and what it does to one row. */
  private record Call(Op op, double bytes, double flops) {}

  /** Makes the kernel. */
  @Setup
  public void setUp() {
    KernelBench bench = open(Phase.PREFILL, tokens, tokens);
    bench.step().openContextPass(0);
    Call call =
        switch (op) {
          case RmsNorm.TYPE -> new Call(norm(bench), 8.0 * HIDDEN, 4.0 * HIDDEN);
          case FusedAddRmsNorm.TYPE ->
              new Call(new FusedAddRmsNorm(add(), norm(bench)), 16.0 * HIDDEN, 5.0 * HIDDEN);
          case Add.TYPE -> new Call(add(), 12.0 * HIDDEN, HIDDEN);
          case SiluAndMul.TYPE -> silu();
          case RotaryEmbedding.TYPE -> rotary();
          case ConcatAndCacheMla.TYPE -> concat();
          case GatherCache.TYPE -> gather();
          case MergeAttentionStates.TYPE -> merge();
          case MoeGate.TYPE -> gate();
          case Embedding.TYPE -> embedding(bench);
          default -> throw new IllegalArgumentException("Op '" + op + "'");
        };
    Work work = new Work(tokens * call.bytes(), tokens * call.flops());
    layers(work, 0, layer -> call.op());
  }

  private static RmsNorm norm(KernelBench bench) {
    StepValue out = buffer("normed", Rows.ALL, HIDDEN);
    return new RmsNorm(
        buffer("x", Rows.ALL, HIDDEN), bench.weight(DType.F32, HIDDEN), EPSILON, 1, out);
  }

  private static Add add() {
    return new Add(buffer("x", Rows.ALL, HIDDEN), buffer("y", Rows.ALL, HIDDEN));
  }

  private static Call silu() {
    StepValue gateUp = buffer("gate_up", Rows.ALL, 2 * INNER);
    Op silu = new SiluAndMul(gateUp, buffer("silu", Rows.ALL, INNER));
    return new Call(silu, 12.0 * INNER, 4.0 * INNER);
  }

  private Call rotary() {
    RopeSpec spec =
        new RopeSpec(ROPE, 10000, RopeStyle.INTERLEAVED, new RopeScaling.None(), 2 * tokens);
    Op rotary =
        new RotaryEmbedding(
            buffer("q_pe", Rows.ALL, HEADS, ROPE),
            buffer("k_pe", Rows.ALL, ROPE),
            RopeTable.of(spec, 2 * tokens),
            spec.style());
    double elements = (HEADS + 1) * ROPE;
    return new Call(rotary, 8 * elements, 3 * elements);
  }

  private static Call concat() {
    Op concat =
        new ConcatAndCacheMla(
            buffer("kv_c", Rows.ALL, LATENT), buffer("k_pe", Rows.ALL, ROPE), cache());
    return new Call(concat, 4.0 * (LATENT + ROPE) + CACHE.bytesPerToken(), 0);
  }

  private static Call gather() {
    Op gather = new GatherCache(cache(), buffer("context", Rows.CONTEXT, LATENT + ROPE));
    return new Call(gather, 4.0 * (LATENT + ROPE) + CACHE.bytesPerToken(), 0);
  }

  private static CacheValue cache() {
    return new CacheValue("cache", "layer", CACHE);
  }

  private static Call merge() {
    Op merge =
        new MergeAttentionStates(
            buffer("context_out", Rows.PREFILL, HEADS, VALUE),
            buffer("context_lse", Rows.PREFILL, HEADS),
            buffer("out", Rows.PREFILL, HEADS, VALUE),
            buffer("lse", Rows.PREFILL, HEADS));
    return new Call(merge, 12.0 * HEADS * VALUE, 3.0 * HEADS * VALUE);
  }

  private static Call gate() {
    MoeSpec spec =
        new MoeSpec(
            HIDDEN,
            EXPERTS,
            TOP_K,
            INNER,
            MoeSpec.Scoring.SOFTMAX,
            1,
            1,
            MoeSpec.GroupScore.MAX,
            false,
            1,
            0);
    Op gate =
        new MoeGate(
            spec,
            buffer("logits", Rows.ALL, EXPERTS),
            null,
            StepValue.buffer("topk_ids", DType.I32, Rows.ALL, TOP_K),
            buffer("topk_weights", Rows.ALL, TOP_K));
    return new Call(gate, 4.0 * EXPERTS + 8.0 * TOP_K, 4.0 * EXPERTS);
  }

  private static Call embedding(KernelBench bench) {
    Op embedding =
        new Embedding(
            bench.weight(DType.BF16, VOCABULARY, HIDDEN), buffer("hidden", Rows.ALL, HIDDEN));
    return new Call(embedding, 6.0 * HIDDEN, 0);
  }
}
