package org.mla4j.api.backend;

import java.util.List;
import org.mla4j.api.plan.Node;

/**
 * What is to be captured: neighbouring nodes of a plan that one backend runs.
 *
 * @param rows the most decode tokens of a step that the graph is replayed for
 * @param nodes the nodes in the order in which they run, without those that a decode step skips
 * @param kernels the kernel of each node
 */
public record GraphRequest(int rows, List<Node> nodes, List<Kernel> kernels) {
  /** Copies the lists. */
  public GraphRequest {
    nodes = List.copyOf(nodes);
    kernels = List.copyOf(kernels);
  }
}
