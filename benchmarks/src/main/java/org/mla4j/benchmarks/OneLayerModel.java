package org.mla4j.benchmarks;

import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.step.Rows.LOGITS;
import static org.mla4j.api.tensor.DType.F32;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.mla4j.api.layer.MlaWeights;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.layer.MlaLayer;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.CacheDTypes;

/**
 * One attention layer with the dimensions of DeepSeek-V2-Lite, without norms, and random BF16
 * weights.
 */
final class OneLayerModel implements ModelDefinition {
  private static final int HIDDEN = 2048;
  private static final int HEADS = 16;
  private static final int LATENT = 512;
  private static final int NOPE = 128;
  private static final int ROPE = 64;
  private static final int VALUE = 128;
  private static final int VOCABULARY = 8;
  private static final int POSITIONS = 4096;

  private final SplittableRandom random = new SplittableRandom(1);
  private final Arena arena = Arena.ofShared();

  @Override
  public String name() {
    return "one-layer";
  }

  @Override
  public String architecture() {
    return "OneLayer";
  }

  @Override
  public int vocabularySize() {
    return VOCABULARY;
  }

  @Override
  public int maxPositions() {
    return POSITIONS;
  }

  @Override
  public StepValue contribute(PlanBuilder plan, CacheDTypes cacheDTypes) {
    MlaSpec spec =
        MlaSpec.builder()
            .hiddenSize(HIDDEN)
            .numHeads(HEADS)
            .kvLoraRank(LATENT)
            .qkNopeHeadDim(NOPE)
            .qkRopeHeadDim(ROPE)
            .vHeadDim(VALUE)
            .rope(
                new RopeSpec(ROPE, 10000, RopeStyle.INTERLEAVED, new RopeScaling.None(), POSITIONS))
            .cacheType(cacheDTypes.of(MultiHeadLatentAttention.TYPE))
            .build();
    StepValue hidden = plan.buffer("hidden", F32, ALL, HIDDEN);
    plan.add("embed_tokens", ALL, new Embedding(weight(VOCABULARY, HIDDEN), hidden));
    StepValue attended = MlaLayer.add(plan, "attn", spec, weights(), hidden);
    StepValue selected = plan.buffer("selected", F32, LOGITS, HIDDEN);
    plan.add("select_rows", LOGITS, new SelectRows(attended, selected));
    StepValue logits = plan.buffer("logits", F32, LOGITS, VOCABULARY);
    plan.add("lm_head", LOGITS, new Linear(selected, weight(VOCABULARY, HIDDEN), null, logits));
    return logits;
  }

  private MlaWeights weights() {
    return new MlaWeights(
        projection(HEADS * (NOPE + ROPE), HIDDEN),
        null,
        null,
        null,
        projection(LATENT + ROPE, HIDDEN),
        null,
        projection(HEADS * (NOPE + VALUE), LATENT),
        projection(HIDDEN, HEADS * VALUE),
        null,
        null);
  }

  private Projection projection(int out, int in) {
    return new Projection(weight(out, in), null);
  }

  private WeightHandle weight(long... extents) {
    Shape shape = Shape.of(extents);
    MemorySegment segment = arena.allocate(2 * shape.elements(), 64);
    for (long i = 0; i < shape.elements(); i++) {
      segment.setAtIndex(
          ValueLayout.JAVA_SHORT, i, BFloat16.fromFloat((float) random.nextDouble(-0.02, 0.02)));
    }
    return new BenchWeight(Tensor.dense(DType.BF16, shape, segment));
  }

  @Override
  public void close() {
    arena.close();
  }
}
