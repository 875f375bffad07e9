package org.mla4j.core.testing;

import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.step.Rows.LOGITS;
import static org.mla4j.api.tensor.DType.F32;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
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
import org.mla4j.api.spec.CacheType;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.layer.GatedMlp;
import org.mla4j.core.layer.MlaLayer;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.CacheDTypes;

/**
 * Two layers of MLA with random weights: the smallest model that has everything an engine must do.
 */
public final class TinyModel implements ModelDefinition {
  /** Token ids. */
  public static final int VOCABULARY = 50;

  private static final int HIDDEN = 24;
  private static final int HEADS = 3;
  private static final int LATENT = 16;
  private static final int QUERY_LATENT = 12;
  private static final int NOPE = 8;
  private static final int ROPE = 4;
  private static final int VALUE = 6;
  private static final int INNER = 32;
  private static final int LAYERS = 2;
  private static final double EPS = 1e-6;

  /** What the attention has or lacks. */
  public enum Variant {
    /** Queries from one projection, with rope. */
    PLAIN,
    /** No rope. */
    NO_ROPE,
    /** Queries through a latent. */
    QUERY_LORA,
    /** Rope in halves, stretched by YaRN. */
    NEOX_YARN
  }

  private final int positions;
  private final Variant variant;
  private final List<ArrayWeight> made = new ArrayList<>();
  private boolean closed;

  /** A model of 256 positions. */
  public TinyModel() {
    this(256);
  }

  /** A model of some number of positions. */
  public TinyModel(int positions) {
    this(positions, Variant.PLAIN);
  }

  /** A model of 256 positions with another attention. */
  public TinyModel(Variant variant) {
    this(256, variant);
  }

  private TinyModel(int positions, Variant variant) {
    this.positions = positions;
    this.variant = variant;
  }

  /** Makes the embedding of a token NaN. To be called between two steps. */
  public void poison(int token) {
    for (ArrayWeight weight : made) {
      if (weight.name().equals("embed")) {
        float[] values = weight.values();
        Arrays.fill(values, token * HIDDEN, (token + 1) * HIDDEN, Float.NaN);
        weight.set(values);
      }
    }
  }

  @Override
  public String name() {
    return "tiny";
  }

  @Override
  public String architecture() {
    return "TinyForTests";
  }

  @Override
  public int vocabularySize() {
    return VOCABULARY;
  }

  @Override
  public int maxPositions() {
    return positions;
  }

  /** Turns the sign of the norms of latents, which engines dequantise and matrices follow. */
  public void negateNorms() {
    for (ArrayWeight weight : made) {
      if (weight.name().equals("ones")) {
        float[] values = weight.values();
        for (int i = 0; i < values.length; i++) {
          values[i] = -values[i];
        }
        weight.set(values);
      }
    }
  }

  /** Leases on weights that nobody gave back. */
  public int openLeases() {
    return made.stream().mapToInt(ArrayWeight::openLeases).sum();
  }

  /** Whether {@link #close} was called. */
  public boolean isClosed() {
    return closed;
  }

  @Override
  public StepValue contribute(PlanBuilder plan, CacheDTypes cacheDTypes) {
    CacheType cacheType = cacheDTypes.of(MultiHeadLatentAttention.TYPE);
    RandomData random = new RandomData(7);
    StepValue hidden = plan.buffer("hidden", F32, ALL, HIDDEN);
    plan.add(
        "embed_tokens", ALL, new Embedding(weight(random, "embed", 1, VOCABULARY, HIDDEN), hidden));
    for (int i = 0; i < LAYERS; i++) {
      PlanBuilder layer = plan.scope("layers").scope(Integer.toString(i));
      StepValue normed = norm(layer, "input_layernorm", hidden);
      StepValue attended = MlaLayer.add(layer, "attn", spec(cacheType), weights(random), normed);
      layer.add("attn_add", ALL, new Add(hidden, attended));
      StepValue normedAgain = norm(layer, "post_attention_layernorm", hidden);
      Expert mlp =
          new Expert(
              weight(random, "gate", HIDDEN, INNER, HIDDEN),
              weight(random, "up", HIDDEN, INNER, HIDDEN),
              weight(random, "down", INNER, HIDDEN, INNER));
      layer.add("mlp_add", ALL, new Add(hidden, GatedMlp.add(layer, "mlp", mlp, normedAgain)));
    }
    StepValue selected = plan.buffer("selected", F32, LOGITS, HIDDEN);
    plan.add("select_rows", LOGITS, new SelectRows(hidden, selected));
    StepValue normed = plan.buffer("normed", F32, LOGITS, HIDDEN);
    plan.add("norm", LOGITS, new RmsNorm(selected, ones(HIDDEN), EPS, 1, normed));
    StepValue logits = plan.buffer("logits", F32, LOGITS, VOCABULARY);
    plan.add(
        "lm_head",
        LOGITS,
        new Linear(normed, weight(random, "head", 4, VOCABULARY, HIDDEN), null, logits));
    return logits;
  }

  private MlaSpec spec(CacheType cacheType) {
    boolean lora = variant == Variant.QUERY_LORA;
    return MlaSpec.builder()
        .hiddenSize(HIDDEN)
        .qLoraRank(lora ? QUERY_LATENT : 0)
        .qANorm(lora ? new NormSpec(EPS) : null)
        .numHeads(HEADS)
        .kvLoraRank(LATENT)
        .qkNopeHeadDim(NOPE)
        .qkRopeHeadDim(ROPE)
        .vHeadDim(VALUE)
        .kvANorm(new NormSpec(EPS))
        .rope(rope())
        .cacheType(cacheType)
        .build();
  }

  private @Nullable RopeSpec rope() {
    return switch (variant) {
      case NO_ROPE -> null;
      case PLAIN, QUERY_LORA ->
          new RopeSpec(ROPE, 10000, RopeStyle.INTERLEAVED, new RopeScaling.None(), positions);
      case NEOX_YARN ->
          new RopeSpec(
              ROPE,
              10000,
              RopeStyle.NEOX,
              new RopeScaling.Yarn(4, 64, 32, 1, 0.707, 0.5),
              positions);
    };
  }

  private MlaWeights weights(RandomData random) {
    boolean lora = variant == Variant.QUERY_LORA;
    int queries = HEADS * (NOPE + ROPE);
    return new MlaWeights(
        lora ? null : projection(random, "q", queries, HIDDEN),
        lora ? projection(random, "q_a", QUERY_LATENT, HIDDEN) : null,
        lora ? ones(QUERY_LATENT) : null,
        lora ? projection(random, "q_b", queries, QUERY_LATENT) : null,
        projection(random, "kv_a", LATENT + ROPE, HIDDEN),
        ones(LATENT),
        projection(random, "kv_b", HEADS * (NOPE + VALUE), LATENT),
        projection(random, "o", HIDDEN, HEADS * VALUE),
        null,
        null);
  }

  private StepValue norm(PlanBuilder plan, String name, StepValue hidden) {
    StepValue out = plan.buffer(name + "_out", F32, ALL, HIDDEN);
    plan.add(name, ALL, new RmsNorm(hidden, ones(HIDDEN), EPS, 1, out));
    return out;
  }

  private Projection projection(RandomData random, String name, int out, int in) {
    return new Projection(weight(random, name, in, out, in), null);
  }

  private ArrayWeight weight(RandomData random, String name, int fanIn, int out, int in) {
    return made(ArrayWeight.of(name, F32, random.normal(out * in, 1 / Math.sqrt(fanIn)), out, in));
  }

  private ArrayWeight made(ArrayWeight weight) {
    made.add(weight);
    return weight;
  }

  private ArrayWeight ones(int width) {
    float[] values = new float[width];
    Arrays.fill(values, 1f);
    return made(ArrayWeight.of("ones", F32, values, width));
  }

  @Override
  public void close() {
    closed = true;
  }
}
