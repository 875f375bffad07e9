package org.mla4j.core.execution;

import java.util.List;
import org.mla4j.api.backend.Graph;
import org.mla4j.api.backend.GraphArgument;
import org.mla4j.api.backend.GraphArgument.Binding;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.StepDescription;

/** A graph with the baked arguments as they were when it was captured. */
final class CapturedGraph implements AutoCloseable {
  private final String backend;
  private final List<Node> nodes;
  private final Graph graph;
  private final GraphArgument[] baked;
  private final long[] captured;

  private CapturedGraph(String backend, List<Node> nodes, Graph graph) {
    this.backend = backend;
    this.nodes = nodes;
    this.graph = graph;
    this.baked =
        graph.arguments().stream()
            .filter(argument -> argument.binding() == Binding.BAKED)
            .toArray(GraphArgument[]::new);
    this.captured = new long[baked.length];
    for (int i = 0; i < baked.length; i++) {
      captured[i] = baked[i].value().getAsLong();
    }
  }

  /** Notes the baked arguments of a graph; one that cannot tell them is closed. */
  static CapturedGraph of(String backend, List<Node> nodes, Graph graph) {
    try {
      return new CapturedGraph(backend, nodes, graph);
    } catch (RuntimeException | Error e) {
      try {
        graph.close();
      } catch (RuntimeException failure) {
        e.addSuppressed(failure);
      }
      throw e;
    }
  }

  /**
   * Makes sure that nothing baked has changed, then takes the refreshed arguments of a step.
   *
   * @throws BackendException if something has, or the graph fails
   */
  void update(StepDescription step) {
    try {
      for (int i = 0; i < baked.length; i++) {
        long now = baked[i].value().getAsLong();
        if (now != captured[i]) {
          throw stale(baked[i], captured[i], now);
        }
      }
      graph.update(step);
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  void replay(Queue queue) {
    try {
      graph.replay(queue);
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  private BackendException stale(GraphArgument argument, long was, long now) {
    return new BackendException(
        ErrorCode.STALE_GRAPH,
        "Graph of backend '"
            + backend
            + "', '"
            + nodes.getFirst().name()
            + "' to '"
            + nodes.getLast().name()
            + "': argument '"
            + argument.name()
            + "' was baked as "
            + was
            + " and is "
            + now
            + " now; expected no change. Build the engine anew.");
  }

  /** A failure that does not say itself whose it is and where is told with all of the graph. */
  private BackendException failure(Throwable e) {
    boolean told =
        e instanceof BackendException known
            && (known.code() == ErrorCode.FORWARD_FAILED || known.code() == ErrorCode.STALE_GRAPH);
    if (told) {
      return (BackendException) e;
    }
    Node first = nodes.getFirst();
    Node last = nodes.getLast();
    return BackendException.inForward(
        backend,
        first.layer().equals(last.layer())
            ? first.layer()
            : first.layer() + "' to '" + last.layer(),
        first.op().type() + "' to '" + last.op().type(),
        first.name() + "' to '" + last.name(),
        e);
  }

  @Override
  public void close() {
    graph.close();
  }
}
