package org.mla4j.models.architecture.decoder;

import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.step.Rows.LOGITS;
import static org.mla4j.api.tensor.DType.F32;

import org.mla4j.api.op.Add;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.models.architecture.WeightSource;
import org.mla4j.models.checkpoint.Checkpoint;

/**
 * A decoder: embedding, layers of attention and feed-forward, each normed before and added to the
 * residual stream after, norm, head.
 */
public final class Decoder implements ModelDefinition {
  private final String architecture;
  private final DecoderConfig config;
  private final DecoderLayers layers;
  private final Checkpoint checkpoint;

  /**
   * Puts a decoder together.
   *
   * @param architecture its name
   * @param layers what its layers are
   * @param checkpoint its weights; the decoder closes it
   */
  public Decoder(String architecture, DecoderLayers layers, Checkpoint checkpoint) {
    this.architecture = architecture;
    this.config = layers.config();
    this.layers = layers;
    this.checkpoint = checkpoint;
  }

  @Override
  public String name() {
    return config.name();
  }

  @Override
  public String architecture() {
    return architecture;
  }

  @Override
  public int vocabularySize() {
    return config.vocabularySize();
  }

  @Override
  public int maxPositions() {
    return config.maxPositions();
  }

  @Override
  public StepValue contribute(PlanBuilder plan, CacheDTypes cacheDTypes) {
    WeightSource model = new WeightSource(checkpoint, "model.");
    WeightHandle table = vocabularyRows(model.in("embed_tokens"));
    StepValue hidden = plan.buffer("hidden", F32, ALL, config.hiddenSize());
    plan.add("embed_tokens", ALL, new Embedding(table, hidden, config.scales().embedding()));
    for (int i = 0; i < config.layers(); i++) {
      String index = Integer.toString(i);
      PlanBuilder inner = plan.scope("layers").scope(index);
      layer(inner, cacheDTypes, model.in("layers").in(index), i, hidden);
    }
    StepValue selected = plan.buffer("selected", F32, LOGITS, config.hiddenSize());
    plan.add("select_rows", LOGITS, new SelectRows(hidden, selected));
    StepValue normed =
        config.streamNorm().add(plan, model, "norm", LOGITS, selected, config.scales().logit());
    StepValue logits = plan.buffer("logits", F32, LOGITS, config.vocabularySize());
    plan.add("lm_head", LOGITS, new Linear(normed, head(table), null, logits));
    return logits;
  }

  /** Adds a layer to a plan that is scoped to it; changes the residual stream in place. */
  private void layer(
      PlanBuilder plan, CacheDTypes cacheDTypes, WeightSource source, int index, StepValue hidden) {
    StreamNorm norm = config.streamNorm();
    double factor = config.scales().residual();
    StepValue toAttend = norm.add(plan, source, "input_layernorm", ALL, hidden, 1);
    StepValue attended = layers.attention(plan, cacheDTypes, source, toAttend);
    plan.add("attn_add", ALL, new Add(hidden, attended, factor));
    StepValue toTransform = norm.add(plan, source, "post_attention_layernorm", ALL, hidden, 1);
    StepValue transformed = layers.feedForward(plan, source, index, toTransform);
    plan.add("mlp_add", ALL, new Add(hidden, transformed, factor));
  }

  private WeightHandle head(WeightHandle table) {
    return config.tiedEmbeddings()
        ? table
        : vocabularyRows(new WeightSource(checkpoint, "lm_head."));
  }

  private WeightHandle vocabularyRows(WeightSource module) {
    return module.tensor(
        "weight", "[vocab_size, hidden_size]", config.vocabularySize(), config.hiddenSize());
  }

  @Override
  public void close() {
    checkpoint.close();
  }
}
