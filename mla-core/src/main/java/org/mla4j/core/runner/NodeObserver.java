package org.mla4j.core.runner;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.StepDescription;

/**
 * Looks at values while a step runs, for verification and debugging. An observed step waits after
 * every node.
 */
@FunctionalInterface
public interface NodeObserver {
  /**
   * Called before a node runs, when all before it are complete. By default it does nothing.
   *
   * @param node the node; of a fused one, not what it stands for
   * @param step the step
   */
  default void before(Node node, StepDescription step) {}

  /**
   * Called after a node ran, when its outputs are complete; later nodes may reuse their memory.
   *
   * @param node the node
   * @param step the step
   * @param bindings the memory behind the plan's values
   */
  void after(Node node, StepDescription step, Bindings bindings);
}
