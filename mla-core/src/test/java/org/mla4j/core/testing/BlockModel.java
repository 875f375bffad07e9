package org.mla4j.core.testing;

import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.step.Rows.LOGITS;
import static org.mla4j.api.tensor.DType.F32;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.mla4j.api.layer.MlaWeights;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.MoeSpec.GroupScore;
import org.mla4j.api.spec.MoeSpec.Scoring;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.layer.MlaLayer;
import org.mla4j.core.layer.MoeLayer;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.CacheDTypes;

/**
 * A layer of MLA with a query latent and one of experts, whose matrices are of block types, or what
 * these decode to. All rows are whole blocks of the largest.
 */
public final class BlockModel implements ModelDefinition {
  private static final int VOCABULARY = 50;
  private static final int WIDTH = 256;
  private static final int HEADS = 4;
  private static final int NOPE = 24;
  private static final int ROPE = 8;
  private static final int VALUE = WIDTH / HEADS;
  private static final double EPS = 1e-6;

  private final List<DType> dtypes;
  private final boolean decoded;
  private final List<ArrayWeight> matrices = new ArrayList<>();

  private BlockModel(List<DType> dtypes, boolean decoded) {
    this.dtypes = dtypes;
    this.decoded = decoded;
  }

  /** Matrices of these types in turn. */
  public static BlockModel of(DType... dtypes) {
    return new BlockModel(List.of(dtypes), false);
  }

  /** The same values as F32. */
  public BlockModel decoded() {
    return new BlockModel(dtypes, true);
  }

  /** Whether all matrices are read where they lie. */
  public boolean isReadInPlace() {
    return matrices.stream().allMatch(matrix -> matrix.openLeases() > 0);
  }

  @Override
  public String name() {
    return "blocks";
  }

  @Override
  public String architecture() {
    return "BlocksForTests";
  }

  @Override
  public int vocabularySize() {
    return VOCABULARY;
  }

  @Override
  public int maxPositions() {
    return 256;
  }

  @Override
  public StepValue contribute(PlanBuilder plan, CacheDTypes cacheDTypes) {
    StepValue hidden = plan.buffer("hidden", F32, ALL, WIDTH);
    plan.add("embed_tokens", ALL, new Embedding(matrix("embed", VOCABULARY), hidden));
    StepValue normed = norm(plan, "input_layernorm", hidden);
    MlaSpec spec =
        MlaSpec.builder()
            .hiddenSize(WIDTH)
            .qLoraRank(WIDTH)
            .qANorm(new NormSpec(EPS))
            .numHeads(HEADS)
            .kvLoraRank(WIDTH)
            .qkNopeHeadDim(NOPE)
            .qkRopeHeadDim(ROPE)
            .vHeadDim(VALUE)
            .kvANorm(new NormSpec(EPS))
            .rope(new RopeSpec(ROPE, 10000, RopeStyle.INTERLEAVED, new RopeScaling.None(), 256))
            .cacheType(cacheDTypes.of(MultiHeadLatentAttention.TYPE))
            .build();
    StepValue attended = MlaLayer.add(plan, "attn", spec, attention(), normed);
    plan.add("attn_add", ALL, new Add(hidden, attended));
    StepValue normedAgain = norm(plan, "post_attention_layernorm", hidden);
    MoeSpec moe =
        new MoeSpec(WIDTH, 5, 2, WIDTH, Scoring.SIGMOID, 1, 1, GroupScore.MAX, true, 1, WIDTH);
    List<Expert> experts = IntStream.range(0, 5).mapToObj(i -> expert("expert" + i)).toList();
    StepValue mixed =
        MoeLayer.add(
            plan, "mlp", moe, matrix("router", 5), null, experts, expert("shared"), normedAgain);
    plan.add("mlp_add", ALL, new Add(hidden, mixed));
    StepValue selected = plan.buffer("selected", F32, LOGITS, WIDTH);
    plan.add("select_rows", LOGITS, new SelectRows(hidden, selected));
    StepValue last = plan.buffer("normed", F32, LOGITS, WIDTH);
    plan.add("norm", LOGITS, new RmsNorm(selected, ones(), EPS, 1, last));
    StepValue logits = plan.buffer("logits", F32, LOGITS, VOCABULARY);
    plan.add("lm_head", LOGITS, new Linear(last, matrix("head", VOCABULARY), null, logits));
    return logits;
  }

  private MlaWeights attention() {
    return new MlaWeights(
        null,
        new Projection(matrix("q_a", WIDTH), null),
        ones(),
        new Projection(matrix("q_b", HEADS * (NOPE + ROPE)), null),
        new Projection(matrix("kv_a", WIDTH + ROPE), null),
        ones(),
        new Projection(matrix("kv_b", HEADS * (NOPE + VALUE)), null),
        new Projection(matrix("o", WIDTH), null),
        null,
        null);
  }

  private Expert expert(String name) {
    return new Expert(
        matrix(name + "_gate", WIDTH), matrix(name + "_up", WIDTH), matrix(name + "_down", WIDTH));
  }

  private StepValue norm(PlanBuilder plan, String name, StepValue hidden) {
    StepValue out = plan.buffer(name + "_out", F32, ALL, WIDTH);
    plan.add(name, ALL, new RmsNorm(hidden, ones(), EPS, 1, out));
    return out;
  }

  private ArrayWeight matrix(String name, int out) {
    DType dtype = dtypes.get(matrices.size() % dtypes.size());
    RandomData random = new RandomData(name.hashCode());
    ArrayWeight blocks = ArrayWeight.blocks(name, dtype, random, 1 / Math.sqrt(WIDTH), out, WIDTH);
    matrices.add(decoded ? blocks.decoded() : blocks);
    return matrices.getLast();
  }

  private static ArrayWeight ones() {
    float[] values = new float[WIDTH];
    Arrays.fill(values, 1f);
    return ArrayWeight.of("ones", F32, values, WIDTH);
  }

  @Override
  public void close() {}
}
