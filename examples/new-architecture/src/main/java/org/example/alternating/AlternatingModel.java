package org.example.alternating;

import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.step.Rows.LOGITS;
import static org.mla4j.api.tensor.DType.F32;

import module org.mla4j.models;

import org.mla4j.api.spec.CacheType;

/** The plan of a step: it asks for layers and ops and connects them; backends run them. */
record AlternatingModel(AlternatingConfig config, Checkpoint checkpoint)
    implements ModelDefinition {
  @Override
  public String name() {
    return checkpoint.folder().toAbsolutePath().normalize().getFileName().toString();
  }

  @Override
  public String architecture() {
    return AlternatingProvider.NAME;
  }

  @Override
  public int vocabularySize() {
    return config.vocabulary();
  }

  @Override
  public int maxPositions() {
    return config.positions();
  }

  @Override
  public StepValue contribute(PlanBuilder plan, CacheDTypes cacheDTypes) {
    CacheType cacheType = cacheDTypes.of(MultiHeadLatentAttention.TYPE);
    WeightSource weights = new WeightSource(checkpoint, "model.");
    int ids = config.vocabulary();
    int width = config.roped().hiddenSize();
    WeightHandle table =
        weights.in("embed_tokens").tensor("weight", "[vocab_size, hidden_size]", ids, width);
    StepValue hidden = plan.buffer("hidden", F32, ALL, width);
    plan.add("embed_tokens", ALL, new Embedding(table, hidden));
    for (int i = 0; i < config.layers(); i++) {
      String index = Integer.toString(i);
      WeightSource own = weights.in("layers").in(index);
      MlaSpec spec = AttentionCache.of(config.attention(i), cacheType, own.in("self_attn"));
      layer(plan.scope("layers").scope(index), own, spec, hidden);
    }
    StepValue wanted = plan.buffer("selected", F32, LOGITS, width);
    plan.add("select_rows", LOGITS, new SelectRows(hidden, wanted));
    StepValue logits = plan.buffer("logits", F32, LOGITS, ids);
    StepValue normed = norm(plan, weights, "norm", wanted);
    plan.add("lm_head", LOGITS, new Linear(normed, table, null, logits)); // tied to the embedding
    return logits;
  }

  private void layer(PlanBuilder plan, WeightSource weights, MlaSpec spec, StepValue hidden) {
    StepValue toAttend = norm(plan, weights, "input_layernorm", hidden);
    MlaWeights attention = AttentionWeights.find(spec, weights.in("self_attn"));
    StepValue attended = MlaLayer.add(plan, "attn", spec, attention, toAttend);
    plan.add("attn_add", ALL, new Add(hidden, attended));
    StepValue toTransform = norm(plan, weights, "post_attention_layernorm", hidden);
    var mlp =
        weights.in("mlp").gatedMlp("intermediate_size", config.intermediate(), spec.hiddenSize());
    plan.add("mlp_add", ALL, new Add(hidden, GatedMlp.add(plan, "mlp", mlp, toTransform)));
  }

  private StepValue norm(PlanBuilder plan, WeightSource weights, String name, StepValue x) {
    WeightHandle weight = weights.in(name).tensor("weight", "[hidden_size]", x.rowWidth());
    StepValue out = plan.buffer(name + "_out", F32, x.rows(), x.rowWidth());
    plan.add(name, x.rows(), new RmsNorm(x, weight, config.eps(), 1, out));
    return out;
  }

  @Override
  public void close() {
    checkpoint.close();
  }
}
