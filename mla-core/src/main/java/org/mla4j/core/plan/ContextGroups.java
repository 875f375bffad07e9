package org.mla4j.core.plan;

import java.util.List;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;

/**
 * The neighbouring nodes of one layer that work on context rows: together they run once for each
 * context pass.
 */
public final class ContextGroups {
  private ContextGroups() {}

  /**
   * Finds where groups end.
   *
   * @param nodes the nodes of a plan in order
   * @return for the first node of a group, the index after its last; for any other node, the next
   *     one
   */
  public static int[] ends(List<Node> nodes) {
    int[] ends = new int[nodes.size()];
    for (int i = nodes.size() - 1; i >= 0; i--) {
      boolean joined =
          i + 1 < nodes.size()
              && nodes.get(i).rows() == Rows.CONTEXT
              && nodes.get(i + 1).rows() == Rows.CONTEXT
              && nodes.get(i).layer().equals(nodes.get(i + 1).layer());
      ends[i] = joined ? ends[i + 1] : i + 1;
    }
    return ends;
  }
}
