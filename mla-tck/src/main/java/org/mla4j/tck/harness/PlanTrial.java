package org.mla4j.tck.harness;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Op;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.tck.reference.References;
import org.mla4j.tck.reference.StepMemory;

/**
 * The separate ops of a layer, one after another: those of the backend by its kernels, the others
 * by their references. The result is held against the layer as a whole.
 */
public final class PlanTrial implements AutoCloseable {
  private final Session session;
  private final List<Node> nodes;
  private final LayerCall call;
  private final Bench bench;
  private final List<@Nullable Kernel> kernels = new ArrayList<>();
  private final List<String> declined = new ArrayList<>();

  /** Creates the kernels; skips if the backend runs none of the ops that matter. */
  public PlanTrial(Session session, List<Node> nodes, LayerCall call, java.util.Set<String> ops) {
    this.session = session;
    this.nodes = nodes;
    this.call = call;
    bench = new Bench(session.engine().limits());
    try {
      boolean any = false;
      for (Node node : nodes) {
        bench.bind(node.op());
      }
      for (Node node : nodes) {
        Optional<String> reason = session.declined(node.op());
        reason.ifPresent(declined::add);
        kernels.add(reason.isPresent() ? null : session.create(node.op(), bench));
        any |= reason.isEmpty() && ops.contains(node.op().type());
      }
      if (!any) {
        throw new Skipped(declined.isEmpty() ? "runs none of " + ops : declined.getFirst());
      }
    } catch (RuntimeException | Error e) {
      bench.close();
      throw e;
    }
  }

  public Bench bench() {
    return bench;
  }

  /** Describes a batch, fills what the layer reads, and what its cache holds. */
  public PlanTrial stage(Batch batch) {
    bench.describe(batch);
    for (var value : call.reads()) {
      if (value instanceof org.mla4j.api.value.StepValue named) {
        bench.random(named, 1);
      } else if (value instanceof org.mla4j.api.value.CacheValue cache) {
        bench.randomCache(cache, false);
      }
    }
    return this;
  }

  /** Runs all nodes and holds the result against the layer's. */
  public void check(double tolerance) {
    StepMemory expected = bench.model();
    References.run(call, expected);
    run();
    new Comparison(bench, call, tolerance).requireResults(expected);
  }

  /** Runs the nodes as an engine does. */
  public void run() {
    StepDescription step = bench.step();
    session.backend().prepare(step);
    for (int i = 0; i < nodes.size(); i++) {
      if (nodes.get(i).rows() != Rows.CONTEXT) {
        run(i);
        continue;
      }
      int end = i;
      while (end < nodes.size() && nodes.get(end).rows() == Rows.CONTEXT) {
        end++;
      }
      for (int pass = 0; pass < step.contextPasses(); pass++) {
        step.openContextPass(pass);
        for (int j = i; j < end; j++) {
          run(j);
        }
      }
      step.closeContextPass();
      i = end - 1;
    }
  }

  private void run(int index) {
    Node node = nodes.get(index);
    if (bench.step().count(node.rows()) == 0) {
      return;
    }
    Kernel kernel = kernels.get(index);
    if (kernel != null) {
      session.launch(bench.step(), kernel);
      return;
    }
    Op op = node.op();
    StepMemory memory = bench.model();
    References.run(op, memory);
    bench.store(op, memory);
  }

  @Override
  public void close() {
    bench.close();
  }
}
