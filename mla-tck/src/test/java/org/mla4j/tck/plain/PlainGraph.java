package org.mla4j.tck.plain;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Graph;
import org.mla4j.api.backend.GraphArgument;
import org.mla4j.api.backend.GraphRequest;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.Value;

/** Kernels in their order; what they read of a step is refreshed, where values lie is baked. */
final class PlainGraph implements Graph {
  private final Kernel[] kernels;
  private final Rows[] rows;
  private final boolean changes;
  private final boolean allocates;
  private final boolean throwsTwice;
  private List<GraphArgument> arguments;
  private byte @Nullable [] garbage;
  private boolean closed;
  private final @Nullable StaleStep stale;
  private @Nullable StepDescription current;

  PlainGraph(GraphRequest request, List<GraphArgument> addresses, PlainContext context) {
    kernels = request.kernels().toArray(Kernel[]::new);
    rows = request.nodes().stream().map(Node::rows).toArray(Rows[]::new);
    Map<String, GraphArgument> byName = new LinkedHashMap<>();
    addresses.forEach(address -> byName.putIfAbsent(address.name(), address));
    for (Node node : request.nodes()) {
      for (Value value : node.op().reads()) {
        if (value instanceof InputValue input) {
          byName.putIfAbsent(input.name(), GraphArgument.refreshed(input.name()));
        }
      }
    }
    arguments = List.copyOf(new ArrayList<>(byName.values()));
    changes = context.wrong(Mistake.GRAPH_ARGUMENTS_CHANGE);
    allocates = context.wrong(Mistake.UPDATE_ALLOCATES);
    throwsTwice = context.wrong(Mistake.GRAPH_CLOSE_TWICE_THROWS);
    boolean wholeBatch = context.wrong(Mistake.CAPTURE_BAKES_BATCH);
    stale =
        wholeBatch || context.wrong(Mistake.CAPTURE_BAKES_BLOCK_TABLES)
            ? new StaleStep(context.engine().limits(), wholeBatch)
            : null;
  }

  @Override
  public List<GraphArgument> arguments() {
    if (changes) {
      arguments = new ArrayList<>(arguments);
      arguments.add(GraphArgument.refreshed("argument " + arguments.size()));
    }
    return arguments;
  }

  @Override
  public void update(StepDescription step) {
    if (allocates) {
      garbage = new byte[64];
    }
    current = stale == null ? step : stale.of(step);
  }

  @Override
  public void replay(Queue queue) {
    StepDescription step = current;
    if (step == null) {
      throw new IllegalStateException("A graph was replayed before it was updated.");
    }
    for (int i = 0; i < kernels.length; i++) {
      if (step.count(rows[i]) > 0) {
        kernels[i].forward(step, queue);
      }
    }
  }

  @Override
  public void close() {
    if (closed && throwsTwice) {
      throw new IllegalStateException("closed twice");
    }
    closed = true;
    current = null;
  }
}
