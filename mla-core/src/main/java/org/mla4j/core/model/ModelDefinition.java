package org.mla4j.core.model;

import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.options.CacheDTypes;

/**
 * A model as the engine sees it: it asks for layers and ops and says how they connect. It names no
 * backend and no kernel.
 *
 * <p>Ownership: whoever opened it closes it, at the earliest when the engines built from it have
 * been built; weights that kernels read in place stay readable until those engines are closed.
 * Threading: safe to share.
 */
public interface ModelDefinition extends AutoCloseable {
  /**
   * Returns a name for people.
   *
   * @return for example the name of the checkpoint's folder
   */
  String name();

  /**
   * Returns the name of the architecture.
   *
   * @return for example {@code DeepseekV3ForCausalLM}
   */
  String architecture();

  /**
   * Returns the number of token ids.
   *
   * @return the width of a row of logits
   */
  int vocabularySize();

  /**
   * Returns how many positions the model was made for.
   *
   * @return the longest sequence
   */
  int maxPositions();

  /**
   * Writes the plan of a step, from token ids to logits.
   *
   * @param plan takes the nodes
   * @param cacheDTypes types of the caches
   * @return the logits, F32 {@code [logit rows, vocabulary]}
   * @throws org.mla4j.api.error.ModelException if the checkpoint lacks a tensor or has one of
   *     another shape
   */
  StepValue contribute(PlanBuilder plan, CacheDTypes cacheDTypes);

  @Override
  void close();
}
