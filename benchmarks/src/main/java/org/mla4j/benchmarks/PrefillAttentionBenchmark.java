package org.mla4j.benchmarks;

import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.op.Op;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.value.StepValue;
import org.mla4j.benchmarks.bound.Work;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * {@code mla_prefill_attention}, each token to those before it in the piece, and {@code
 * mla_context_attention}, each token to as many of the context; 16 heads as in DeepSeek-V2-Lite.
 */
public class PrefillAttentionBenchmark extends KernelBenchmark {
  private static final int HEADS = 16;
  private static final int NOPE = 128;
  private static final int ROPE = 64;
  private static final int VALUE = 128;
  private static final double SCALE = 0.07;

  /** To what. */
  @Param({MlaPrefillAttention.TYPE, MlaContextAttention.TYPE})
  public String op = "";

  /** New tokens of the piece, and tokens of the context beside them. */
  @Param({"128", "512"})
  public int tokens;

  /** Used by JMH. */
  public PrefillAttentionBenchmark() {}

  /** Makes the kernel. */
  @Setup
  public void setUp() {
    boolean within = op.equals(MlaPrefillAttention.TYPE);
    KernelBench bench = open(Phase.PREFILL, within ? 0 : tokens, tokens);
    if (!within) {
      bench.step().openContextPass(0);
    }
    double pairs = within ? tokens * (tokens + 1) / 2.0 : (double) tokens * tokens;
    double flops = 2 * pairs * HEADS * (NOPE + ROPE + VALUE);
    double bytes = 4.0 * tokens * (HEADS * (2 * NOPE + ROPE + 2 * VALUE) + ROPE);
    layers(new Work(bytes, flops), 0, layer -> op(within));
  }

  private static Op op(boolean within) {
    Rows keys = within ? Rows.PREFILL : Rows.CONTEXT;
    StepValue query = buffer("q_nope", Rows.PREFILL, HEADS, NOPE);
    StepValue queryRope = buffer("q_pe", Rows.PREFILL, HEADS, ROPE);
    StepValue key = buffer("k_nope", keys, HEADS, NOPE);
    StepValue keyRope = buffer("k_pe", keys, ROPE);
    StepValue value = buffer("v", keys, HEADS, VALUE);
    StepValue out = buffer("out", Rows.PREFILL, HEADS, VALUE);
    StepValue lse = buffer("lse", Rows.PREFILL, HEADS);
    return within
        ? new MlaPrefillAttention(query, queryRope, key, keyRope, value, SCALE, out, lse)
        : new MlaContextAttention(query, queryRope, key, keyRope, value, SCALE, out, lse);
  }
}
