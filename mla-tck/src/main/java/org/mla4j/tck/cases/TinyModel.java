package org.mla4j.tck.cases;

import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.step.Rows.LOGITS;
import static org.mla4j.api.tensor.DType.F32;

import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.layer.GatedMlp;
import org.mla4j.core.layer.MlaLayer;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.tck.harness.Batch;

/** Two decoder layers with random weights: the smallest model with all that engines do. */
final class TinyModel implements ModelDefinition {
  static final int POSITIONS = 128;

  private static final int LAYERS = 2;
  private static final int INNER = 48;
  private static final double EPS = 1e-6;

  private final Dims dims;

  TinyModel(Dims dims) {
    this.dims = dims;
  }

  @Override
  public String name() {
    return "tck-tiny";
  }

  @Override
  public String architecture() {
    return "TckTiny";
  }

  @Override
  public int vocabularySize() {
    return Batch.VOCABULARY;
  }

  @Override
  public int maxPositions() {
    return POSITIONS;
  }

  @Override
  public StepValue contribute(PlanBuilder plan, CacheDTypes cacheDTypes) {
    Dims widths = dims.cache(cacheDTypes.of(MultiHeadLatentAttention.TYPE).dtype(), 1);
    int width = dims.hidden();
    StepValue hidden = plan.buffer("hidden", F32, ALL, width);
    plan.add(
        "embed_tokens",
        ALL,
        new Embedding(Weights.matrix("embed", F32, Batch.VOCABULARY, width), hidden));
    for (int i = 0; i < LAYERS; i++) {
      PlanBuilder layer = plan.scope("layers").scope(Integer.toString(i));
      LayerExample example =
          new LayerExample("layer" + i, widths, LayerExample.Variant.PLAIN, POSITIONS);
      StepValue normed = norm(layer, "input_layernorm", hidden);
      StepValue attended = MlaLayer.add(layer, "attn", example.spec(), example.weights(), normed);
      layer.add("attn_add", ALL, new Add(hidden, attended));
      StepValue normedAgain = norm(layer, "post_attention_layernorm", hidden);
      layer.add("mlp_add", ALL, new Add(hidden, GatedMlp.add(layer, "mlp", mlp(i), normedAgain)));
    }
    StepValue selected = plan.buffer("selected", F32, LOGITS, width);
    plan.add("select_rows", LOGITS, new SelectRows(hidden, selected));
    StepValue normed = plan.buffer("normed", F32, LOGITS, width);
    plan.add(
        "norm", LOGITS, new RmsNorm(selected, Weights.norm("final", F32, width), EPS, 1, normed));
    StepValue logits = plan.buffer("logits", F32, LOGITS, Batch.VOCABULARY);
    plan.add(
        "lm_head",
        LOGITS,
        new Linear(normed, Weights.matrix("head", F32, Batch.VOCABULARY, width), null, logits));
    return logits;
  }

  private Expert mlp(int layer) {
    return new Expert(
        Weights.matrix("gate" + layer, F32, INNER, dims.hidden()),
        Weights.matrix("up" + layer, F32, INNER, dims.hidden()),
        Weights.matrix("down" + layer, F32, dims.hidden(), INNER));
  }

  private StepValue norm(PlanBuilder plan, String name, StepValue hidden) {
    StepValue out = plan.buffer(name + "_out", F32, ALL, dims.hidden());
    plan.add(
        name,
        ALL,
        new RmsNorm(hidden, Weights.norm(plan.name(name), F32, dims.hidden()), EPS, 1, out));
    return out;
  }

  @Override
  public void close() {
    // Nothing is mapped.
  }
}
