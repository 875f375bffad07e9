package org.mla4j.core.plan;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.plan.Node;

/**
 * A node with who runs it.
 *
 * @param node the node
 * @param runner who runs it; null as long as nobody does
 * @param declined who was asked before
 * @param replaced the nodes that a fused one stands for, in order
 * @param complaint what is wrong with that choice unless a fusion settles it; null for nothing
 */
public record PlannedNode(
    Node node,
    @Nullable OpenBackend runner,
    List<Declined> declined,
    List<Node> replaced,
    @Nullable Complaint complaint) {
  /** Copies the lists. */
  public PlannedNode {
    declined = List.copyOf(declined);
    replaced = List.copyOf(replaced);
  }

  /**
   * An error that a fusion may still turn away.
   *
   * @param backend whose fused op would settle it; empty for anybody's
   * @param error what is thrown otherwise
   */
  public record Complaint(String backend, BackendException error) {
    /**
     * Tells whether a fused op settles it.
     *
     * @param fusedBy name of the backend that runs the fused op
     * @return true if that is whose it takes
     */
    public boolean settledBy(String fusedBy) {
      return backend.isEmpty() || backend.equals(fusedBy);
    }
  }

  /**
   * Makes a node that somebody runs.
   *
   * @param node the node
   * @param runner who runs it
   * @param declined who was asked before
   * @return the node
   */
  public static PlannedNode by(Node node, OpenBackend runner, List<Declined> declined) {
    return new PlannedNode(node, runner, declined, List.of(), null);
  }

  /**
   * Returns who runs it.
   *
   * @return the backend
   * @throws IllegalStateException if nobody does
   */
  public OpenBackend backend() {
    if (runner == null) {
      throw new IllegalStateException("Nobody runs '" + node.name() + "'.");
    }
    return runner;
  }
}
