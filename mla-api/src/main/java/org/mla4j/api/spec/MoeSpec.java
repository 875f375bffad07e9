package org.mla4j.api.spec;

/**
 * A mixture-of-experts feed-forward layer: a router picks {@code topK} of {@code experts} gated
 * MLPs for each token and adds their outputs by weight; shared experts, if any, see every token.
 *
 * <p>Routing (DeepSeek-V2 and -V3 model code): scores are soft-max or sigmoid of the router's
 * logits; with a correction bias the choice is made on {@code score + bias}, the weights stay
 * without it. With more than one group the {@code topKGroups} best groups are kept, groups scored
 * by {@link GroupScore}, and experts of the others become minus infinity. Weights are divided by
 * their sum plus 1e-20 when {@code normTopK}, then multiplied by {@code routedScalingFactor}.
 *
 * @param hiddenSize width of the model
 * @param experts number of routed experts
 * @param topK experts per token
 * @param intermediateSize inner width of a routed expert
 * @param scoring how logits become scores
 * @param groups number of expert groups; divides {@code experts}
 * @param topKGroups groups kept; between 1 and {@code groups}
 * @param groupScore how a group is scored
 * @param normTopK whether the chosen weights are normalised
 * @param routedScalingFactor factor on the chosen weights
 * @param sharedIntermediateSize inner width of the shared experts, all together; 0 for none
 */
public record MoeSpec(
    int hiddenSize,
    int experts,
    int topK,
    int intermediateSize,
    Scoring scoring,
    int groups,
    int topKGroups,
    GroupScore groupScore,
    boolean normTopK,
    double routedScalingFactor,
    int sharedIntermediateSize) {
  /** How router logits become scores. */
  public enum Scoring {
    /** Soft-max over all experts. */
    SOFTMAX,
    /** Sigmoid of each logit. */
    SIGMOID
  }

  /** How a group of experts is scored. */
  public enum GroupScore {
    /** The largest choice in the group (DeepSeek-V2). */
    MAX,
    /** The sum of the two largest choices in the group (DeepSeek-V3). */
    TOP2_SUM
  }

  /**
   * Checks the numbers.
   *
   * @throws org.mla4j.api.error.InvalidInputException if one is outside its range
   */
  public MoeSpec {
    SpecCheck.positive("MoeSpec", "hiddenSize", hiddenSize);
    SpecCheck.positive("MoeSpec", "experts", experts);
    SpecCheck.positive("MoeSpec", "intermediateSize", intermediateSize);
    SpecCheck.require(
        topK > 0 && topK <= experts,
        "MoeSpec",
        "topK = " + topK + "; expected 1 to experts = " + experts);
    SpecCheck.require(
        groups > 0 && experts % groups == 0,
        "MoeSpec",
        "groups = " + groups + "; expected a divisor of experts = " + experts);
    SpecCheck.require(
        topKGroups > 0 && topKGroups <= groups,
        "MoeSpec",
        "topKGroups = " + topKGroups + "; expected 1 to groups = " + groups);
    SpecCheck.require(
        topK <= topKGroups * (experts / groups),
        "MoeSpec",
        "topK = "
            + topK
            + "; the "
            + topKGroups
            + " kept groups hold only "
            + topKGroups * (experts / groups)
            + " experts");
    SpecCheck.require(
        groupScore == GroupScore.MAX || groups == 1 || experts / groups >= 2,
        "MoeSpec",
        "groupScore TOP2_SUM with " + experts / groups + " expert in a group; expected at least 2");
    SpecCheck.positive("MoeSpec", "routedScalingFactor", routedScalingFactor);
    SpecCheck.notNegative("MoeSpec", "sharedIntermediateSize", sharedIntermediateSize);
  }

  /**
   * Tells whether some experts see every token.
   *
   * @return true if so
   */
  public boolean hasSharedExperts() {
    return sharedIntermediateSize > 0;
  }
}
