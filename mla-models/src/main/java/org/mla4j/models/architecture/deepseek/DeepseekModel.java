package org.mla4j.models.architecture.deepseek;

import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.step.Rows.LOGITS;
import static org.mla4j.api.tensor.DType.F32;

import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.core.layer.GatedMlp;
import org.mla4j.core.layer.MlaLayer;
import org.mla4j.core.layer.MoeLayer;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.models.architecture.WeightSource;
import org.mla4j.models.checkpoint.Checkpoint;

/**
 * A DeepSeek decoder: embedding, layers of attention and feed-forward with residuals, norm, head.
 */
final class DeepseekModel implements ModelDefinition {
  private final String architecture;
  private final DeepseekConfig config;
  private final Checkpoint checkpoint;

  DeepseekModel(String architecture, DeepseekConfig config, Checkpoint checkpoint) {
    this.architecture = architecture;
    this.config = config;
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
    DType cacheDType = cacheDTypes.of(MultiHeadLatentAttention.TYPE);
    WeightSource model = new WeightSource(checkpoint, "model.");
    WeightHandle table =
        model
            .in("embed_tokens")
            .tensor(
                "weight",
                "[vocab_size, hidden_size]",
                config.vocabularySize(),
                config.hiddenSize());
    DeepseekWeights weights = new DeepseekWeights(config);
    StepValue hidden = plan.buffer("hidden", F32, ALL, config.hiddenSize());
    plan.add("embed_tokens", ALL, new Embedding(table, hidden));
    for (int i = 0; i < config.layers(); i++) {
      String index = Integer.toString(i);
      layer(
          plan.scope("layers").scope(index),
          model.in("layers").in(index),
          weights,
          i,
          hidden,
          cacheDType);
    }
    StepValue selected = plan.buffer("selected", F32, LOGITS, config.hiddenSize());
    plan.add("select_rows", LOGITS, new SelectRows(hidden, selected));
    StepValue normed = norm(plan, model, "norm", LOGITS, selected);
    StepValue logits = plan.buffer("logits", F32, LOGITS, config.vocabularySize());
    plan.add("lm_head", LOGITS, new Linear(normed, head(table), null, logits));
    return logits;
  }

  private void layer(
      PlanBuilder plan,
      WeightSource source,
      DeepseekWeights weights,
      int index,
      StepValue hidden,
      DType cacheDType) {
    StepValue toAttend = norm(plan, source, "input_layernorm", ALL, hidden);
    StepValue attended =
        MlaLayer.add(
            plan,
            "attn",
            config.attention(cacheDType),
            weights.attention(source.in("self_attn")),
            toAttend);
    plan.add("attn_add", ALL, new Add(hidden, attended));
    StepValue toTransform = norm(plan, source, "post_attention_layernorm", ALL, hidden);
    StepValue transformed =
        config.isMoe(index)
            ? experts(plan, weights.experts(source.in("mlp")), toTransform)
            : GatedMlp.add(
                plan,
                "mlp",
                source
                    .in("mlp")
                    .gatedMlp("intermediate_size", config.intermediateSize(), config.hiddenSize()),
                toTransform);
    plan.add("mlp_add", ALL, new Add(hidden, transformed));
  }

  private StepValue experts(PlanBuilder plan, DeepseekWeights.Experts experts, StepValue hidden) {
    return MoeLayer.add(
        plan,
        "mlp",
        experts.spec(),
        experts.router(),
        experts.correctionBias(),
        experts.routed(),
        experts.shared(),
        hidden);
  }

  private StepValue norm(
      PlanBuilder plan, WeightSource source, String name, Rows rows, StepValue x) {
    WeightHandle weight = source.in(name).tensor("weight", "[hidden_size]", config.hiddenSize());
    StepValue out = plan.buffer(name + "_out", F32, rows, config.hiddenSize());
    plan.add(name, rows, new RmsNorm(x, weight, config.norm().eps(), 1, out));
    return out;
  }

  private WeightHandle head(WeightHandle table) {
    return config.tiedEmbeddings()
        ? table
        : new WeightSource(checkpoint, "lm_head.")
            .tensor(
                "weight",
                "[vocab_size, hidden_size]",
                config.vocabularySize(),
                config.hiddenSize());
  }

  @Override
  public void close() {
    checkpoint.close();
  }
}
