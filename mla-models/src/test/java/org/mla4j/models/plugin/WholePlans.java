package org.mla4j.models.plugin;

import java.util.List;
import java.util.Optional;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.Support;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;

/** A plug-in that takes whole plans, and has nothing else. */
public final class WholePlans extends OwnPlugin {
  @Override
  public String name() {
    return "whole-plans";
  }

  @Override
  public Backend open(EngineContext context) {
    return new CpuInside(context) {
      @Override
      public Optional<Support> supportsPlan(List<Node> nodes) {
        return Optional.of(Support.yes());
      }

      @Override
      public Kernel createPlan(List<Node> nodes, Bindings bindings) {
        return new Program(
            nodes, nodes.stream().map(it -> cpu().create(it.op(), bindings)).toList());
      }
    };
  }

  private record Program(List<Node> nodes, List<Kernel> kernels) implements Kernel {
    @Override
    public void forward(StepDescription step, Queue queue) {
      for (int i = 0; i < kernels.size(); ) {
        int end = i + 1;
        if (rows(i) == Rows.CONTEXT) {
          while (rows(end) == Rows.CONTEXT) {
            end++;
          }
          contextPasses(i, end, step, queue);
        } else {
          run(i, step, queue);
        }
        i = end;
      }
    }

    private Rows rows(int node) {
      return nodes.get(node).rows();
    }

    private void contextPasses(int start, int end, StepDescription step, Queue queue) {
      for (int pass = 0; pass < step.contextPasses(); pass++) {
        step.openContextPass(pass);
        for (int i = start; i < end; i++) {
          run(i, step, queue);
        }
        step.closeContextPass();
      }
    }

    private void run(int node, StepDescription step, Queue queue) {
      if (step.count(rows(node)) > 0) {
        kernels.get(node).forward(step, queue);
      }
    }

    @Override
    public void close() {
      kernels.forEach(Kernel::close);
    }
  }
}
