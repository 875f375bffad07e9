package org.mla4j.benchmarks;

import java.util.List;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.CacheSpec.Part;
import org.mla4j.api.spec.GqaSpec;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.benchmarks.bound.Work;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** {@code gqa_attention} with the heads of Qwen2.5-1.5B: 12 that share 2 of keys and values. */
public class GqaAttentionBenchmark extends KernelBenchmark {
  private static final int HEADS = 12;
  private static final int KEY_HEADS = 2;
  private static final int HEAD = 128;

  /** Element type of the cache. */
  @Param({"F32", "BF16"})
  public DType cells = DType.F32;

  /** 1 is decode, more are a piece of a prompt. */
  @Param({"1", "512"})
  public int tokens;

  /** Tokens in the cache before them. */
  @Param("4096")
  public int context;

  /** Used by JMH. */
  public GqaAttentionBenchmark() {}

  /** Makes the layers. */
  @Setup
  public void setUp() {
    open(tokens == 1 ? Phase.DECODE : Phase.PREFILL, context, tokens);
    StepValue q = buffer("q", Rows.ALL, HEADS, HEAD);
    StepValue k = buffer("k", Rows.ALL, KEY_HEADS, HEAD);
    StepValue v = buffer("v", Rows.ALL, KEY_HEADS, HEAD);
    StepValue out = buffer("out", Rows.ALL, HEADS, HEAD);
    int width = KEY_HEADS * HEAD;
    CacheSpec spec =
        new CacheSpec(
            List.of(new Part(GqaSpec.KEY, width), new Part(GqaSpec.VALUE, width)), cells, 1);
    double cache = (double) (context + tokens) * spec.bytesPerToken();
    double pairs = (double) tokens * context + tokens * (tokens + 1) / 2.0;
    double rows = 4.0 * tokens * HEAD * 2 * (HEADS + KEY_HEADS);
    Work work = new Work(cache + rows, 4 * pairs * HEADS * HEAD);
    layers(
        work,
        cache,
        layer ->
            new GqaAttention(
                q, k, v, new CacheValue("cache", "layer" + layer, spec), 1 / Math.sqrt(HEAD), out));
  }
}
