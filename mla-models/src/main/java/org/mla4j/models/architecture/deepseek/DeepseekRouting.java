package org.mla4j.models.architecture.deepseek;

import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.MoeSpec.GroupScore;
import org.mla4j.api.spec.MoeSpec.Scoring;
import org.mla4j.models.checkpoint.ModelConfig;

/**
 * How the two generations choose experts; what a configuration does not say follows its generation.
 */
public enum DeepseekRouting {
  /**
   * Soft-max scores; {@code greedy}, or {@code group_limited_greedy} with groups scored by their
   * best expert.
   *
   * <p>The chosen weights are never normalised, whatever {@code norm_topk_prob} says, as in the
   * reference (transformers 5). The model code that was published with the checkpoints, and engines
   * that follow it, do normalise them where it is true.
   */
  V2 {
    @Override
    MoeSpec read(ModelConfig config, int hiddenSize) {
      config.choice("scoring_func", "softmax", "softmax");
      String method = config.choice("topk_method", "greedy", "greedy", "group_limited_greedy");
      boolean grouped = method.equals("group_limited_greedy");
      return spec(
          config,
          hiddenSize,
          Scoring.SOFTMAX,
          grouped ? config.intField("n_group") : 1,
          grouped ? config.intField("topk_group") : 1,
          GroupScore.MAX,
          false);
    }
  },
  /**
   * Sigmoid scores with a correction bias; groups scored by their two best experts. The numbers of
   * groups must be given: the reference's defaults are those of one model.
   */
  V3 {
    @Override
    MoeSpec read(ModelConfig config, int hiddenSize) {
      config.choice("scoring_func", "sigmoid", "sigmoid");
      config.choice("topk_method", "noaux_tc", "noaux_tc");
      return spec(
          config,
          hiddenSize,
          Scoring.SIGMOID,
          config.intField("n_group"),
          config.intField("topk_group"),
          GroupScore.TOP2_SUM,
          config.booleanField("norm_topk_prob", true));
    }
  };

  /** Reads the routing rule and the sizes of a mixture-of-experts layer. */
  abstract MoeSpec read(ModelConfig config, int hiddenSize);

  private static MoeSpec spec(
      ModelConfig config,
      int hiddenSize,
      Scoring scoring,
      int groups,
      int topKGroups,
      GroupScore groupScore,
      boolean normTopK) {
    int experts = config.intField("n_routed_experts");
    int intermediate = config.positiveInt("moe_intermediate_size");
    ExpertFields.requireAgreement(config, experts, groups, topKGroups);
    return new MoeSpec(
        hiddenSize,
        experts,
        config.intField("num_experts_per_tok"),
        intermediate,
        scoring,
        groups,
        topKGroups,
        groupScore,
        normTopK,
        config.doubleField("routed_scaling_factor"),
        ExpertFields.sharedWidth(config, intermediate));
  }
}
