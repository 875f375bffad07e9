package org.mla4j.models.architecture.deepseek;

import org.mla4j.models.checkpoint.ModelConfig;

/**
 * The fields that count experts. Their spec would refuse a contradiction, too, but in its own words
 * and not in those of the file.
 */
final class ExpertFields {
  private static final String CHOSEN = "num_experts_per_tok";
  private static final String GROUPS = "n_group";
  private static final String KEPT_GROUPS = "topk_group";
  private static final String SHARED = "n_shared_experts";

  private ExpertFields() {}

  /** Refuses numbers of experts that do not fit together; with one group, groups do not count. */
  static void requireAgreement(ModelConfig config, int experts, int groups, int keptGroups) {
    int chosen = config.intField(CHOSEN);
    if (chosen < 1 || chosen > experts) {
      throw config.refused(CHOSEN, Integer.toString(chosen), "1 to n_routed_experts = " + experts);
    }
    if (groups < 1 || experts % groups != 0) {
      throw config.refused(
          GROUPS, Integer.toString(groups), "a divisor of n_routed_experts = " + experts);
    }
    if (keptGroups < 1 || keptGroups > groups) {
      throw config.refused(KEPT_GROUPS, Integer.toString(keptGroups), "1 to n_group = " + groups);
    }
    int kept = keptGroups * (experts / groups);
    if (chosen > kept) {
      throw config.refused(
          CHOSEN,
          Integer.toString(chosen),
          "at most the " + kept + " experts in topk_group = " + keptGroups + " groups");
    }
  }

  /** The inner width of all shared experts together. */
  static int sharedWidth(ModelConfig config, int width) {
    int shared = config.count(SHARED);
    long sum = (long) shared * width;
    if (sum > Integer.MAX_VALUE) {
      throw config.refused(
          SHARED,
          Integer.toString(shared),
          "fewer, since each has moe_intermediate_size = " + width);
    }
    return (int) sum;
  }
}
