package org.mla4j.models.architecture.deepseek;

import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.step.Rows.LOGITS;
import static org.mla4j.api.tensor.DType.F32;

import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.CacheType;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.CacheDTypes;
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
    CacheType cacheType = cacheDTypes.of(MultiHeadLatentAttention.TYPE);
    WeightSource model = new WeightSource(checkpoint, "model.");
    WeightHandle table = vocabularyRows(model.in("embed_tokens"));
    StepValue hidden = plan.buffer("hidden", F32, ALL, config.hiddenSize());
    plan.add("embed_tokens", ALL, new Embedding(table, hidden));
    for (int i = 0; i < config.layers(); i++) {
      String index = Integer.toString(i);
      new DeepseekLayer(config, cacheType, model.in("layers").in(index), i)
          .add(plan.scope("layers").scope(index), hidden);
    }
    StepValue selected = plan.buffer("selected", F32, LOGITS, config.hiddenSize());
    plan.add("select_rows", LOGITS, new SelectRows(hidden, selected));
    StepValue normed = config.streamNorm().add(plan, model, "norm", LOGITS, selected);
    StepValue logits = plan.buffer("logits", F32, LOGITS, config.vocabularySize());
    plan.add("lm_head", LOGITS, new Linear(normed, head(table), null, logits));
    return logits;
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
