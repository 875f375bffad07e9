package org.mla4j.core.cpu;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Graph;
import org.mla4j.api.backend.GraphArgument;
import org.mla4j.api.backend.GraphRequest;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.WeightStore;

/**
 * Kernels bound to their order. A CPU has nothing to record; this keeps the contract of graphs all
 * the same: what a step gives is taken once, in {@link #update}, and nothing is asked in between.
 */
final class PreboundGraph implements Graph {
  private final int rows;
  private final Node[] nodes;
  private final Kernel[] kernels;
  private final List<GraphArgument> arguments;
  private @Nullable StepDescription step;

  PreboundGraph(GraphRequest request, WeightStore weights) {
    this.rows = request.rows();
    this.nodes = request.nodes().toArray(Node[]::new);
    this.kernels = request.kernels().toArray(Kernel[]::new);
    this.arguments =
        List.of(
            GraphArgument.baked("addresses of weights", weights::whereabouts),
            GraphArgument.refreshed("rows"),
            GraphArgument.refreshed("token ids"),
            GraphArgument.refreshed("positions"),
            GraphArgument.refreshed("slot mapping"),
            GraphArgument.refreshed("block tables"),
            GraphArgument.refreshed("sequence lengths"),
            GraphArgument.refreshed("logit rows"),
            GraphArgument.refreshed("sampling"));
  }

  @Override
  public List<GraphArgument> arguments() {
    return arguments;
  }

  @Override
  public void update(StepDescription next) {
    if (next.tokens() > rows) {
      throw new InvalidInputException(
          ErrorCode.INVALID_STEP,
          "A step of "
              + next.tokens()
              + " tokens for a graph that was captured for "
              + rows
              + "; expected at most as many.");
    }
    step = next;
  }

  @Override
  public void replay(Queue queue) {
    StepDescription current = step;
    if (current == null) {
      throw new InvalidInputException(
          ErrorCode.INVALID_STEP, "A graph is replayed before its first update; expected one.");
    }
    for (int i = 0; i < kernels.length; i++) {
      if (current.count(nodes[i].rows()) > 0) {
        launch(i, current, queue);
      }
    }
  }

  private void launch(int index, StepDescription current, Queue queue) {
    try {
      kernels[index].forward(current, queue);
    } catch (Throwable e) {
      Node node = nodes[index];
      throw BackendException.inForward(
          CpuBackendProvider.NAME, node.layer(), node.op().type(), node.name(), e);
    }
  }

  @Override
  public void close() {
    step = null;
  }
}
