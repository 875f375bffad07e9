package org.mla4j.api.plan;

import java.util.List;
import org.mla4j.api.op.Op;

/**
 * Finds places of a plan where several nodes may become one. It only finds: the engine decides
 * whether a place is legal (who would run the op, what the user switched off or pinned, whether the
 * nodes can be moved together), replaces it once, and reports what became of it.
 *
 * <p>The core has one for each {@linkplain org.mla4j.api.op.FusedOp fused op}, shared by all
 * backends; a backend may bring more, for example for an op of its own.
 */
public interface FusionPass {
  /**
   * Returns the type of the op it makes.
   *
   * @return the name that op lists know it by
   */
  String fusedType();

  /**
   * Finds places. Nodes are found by what they read and write, never by position: see {@link
   * StepGraph}.
   *
   * @param graph the plan of a whole step
   * @return the places, those nearer to the start first; they may overlap, then the first one goes
   */
  List<Match> matches(StepGraph graph);

  /**
   * One place.
   *
   * @param nodes nodes of the graph, in their order; at least two
   * @param fused the op that does their work: it reads nothing but what they read or wrote, and
   *     writes what is read after them
   */
  record Match(List<Node> nodes, Op fused) {
    /** Copies the list. */
    public Match {
      nodes = List.copyOf(nodes);
    }
  }
}
