package org.mla4j.core.testing;

import java.util.ArrayList;
import java.util.List;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;

/** Some nodes as one kernel, context passes included: what a compiler of plans would make. */
public final class NodesKernel implements Kernel {
  private final List<Node> nodes;
  private final List<Kernel> kernels = new ArrayList<>();

  private NodesKernel(List<Node> nodes) {
    this.nodes = List.copyOf(nodes);
  }

  /** Kernels of a backend for all nodes. */
  public static NodesKernel of(List<Node> nodes, Backend backend, Bindings bindings) {
    NodesKernel made = new NodesKernel(nodes);
    nodes.forEach(node -> made.kernels.add(backend.create(node.op(), bindings)));
    return made;
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    for (int i = 0; i < nodes.size(); ) {
      int end = i + 1;
      if (nodes.get(i).rows() == Rows.CONTEXT) {
        while (end < nodes.size() && nodes.get(end).rows() == Rows.CONTEXT) {
          end++;
        }
        for (int pass = 0; pass < step.contextPasses(); pass++) {
          step.openContextPass(pass);
          run(i, end, step, queue);
          step.closeContextPass();
        }
      } else {
        run(i, end, step, queue);
      }
      i = end;
    }
  }

  private void run(int start, int end, StepDescription step, Queue queue) {
    for (int i = start; i < end; i++) {
      if (step.count(nodes.get(i).rows()) > 0) {
        kernels.get(i).forward(step, queue);
      }
    }
  }

  @Override
  public String describe() {
    return "Compiled" + nodes.size();
  }

  @Override
  public void close() {
    kernels.forEach(Kernel::close);
  }
}
