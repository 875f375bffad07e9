package org.mla4j.benchmarks;

import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.CacheType;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.benchmarks.bound.Work;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * {@code mla_decode_attention} of one token: 16 heads as in DeepSeek-V2-Lite, 128 as in -V3. The
 * more heads share a row, the more it is bound by arithmetic.
 */
public class MlaDecodeAttentionBenchmark extends KernelBenchmark {
  private static final int LATENT = 512;
  private static final int ROPE = 64;
  private static final double SCALE = 0.07;

  /** Type of the cache. */
  @Param({"F32", "BF16", "F16", "F8_E4M3", "FP8_DS_MLA"})
  public CacheType cells = CacheType.F32;

  /** How many heads. */
  @Param({"16", "128"})
  public int heads;

  /** Tokens in the cache. */
  @Param({"4096", "32768"})
  public int context;

  /** Used by JMH. */
  public MlaDecodeAttentionBenchmark() {}

  /** Makes the layers. */
  @Setup
  public void setUp() {
    open(Phase.DECODE, context - 1, 1);
    StepValue latent = buffer("q_latent", Rows.DECODE, heads, LATENT);
    StepValue rope = buffer("q_pe", Rows.DECODE, heads, ROPE);
    StepValue out = buffer("o_latent", Rows.DECODE, heads, LATENT);
    CacheSpec spec =
        new CacheSpec(
            CacheSpec.mla(LATENT, ROPE, cells.dtype()).parts(), cells.dtype(), 1, cells.format());
    double bytes = (double) context * spec.bytesPerToken();
    Work work = new Work(bytes, 2.0 * heads * context * (2 * LATENT + ROPE));
    layers(
        work,
        bytes,
        layer ->
            new MlaDecodeAttention(
                latent, rope, new CacheValue("cache", "layer" + layer, spec), SCALE, out, null));
  }
}
