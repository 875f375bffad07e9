package org.mla4j.core.cpu.scalar;

import java.util.Arrays;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;

/** {@code moe_gate}: one task per token. */
final class ScalarMoeGate implements Kernel, ParallelFor.Body {
  private final LiveRows logits;
  private final LiveRows ids;
  private final LiveRows weights;
  private final ExpertRouter[] routers;
  private final ParallelFor parallel;

  ScalarMoeGate(MoeGate op, Bindings bindings, CpuContext context) {
    logits = new LiveRows(bindings.tensor(op.logits()));
    ids = new LiveRows(bindings.tensor(op.ids()));
    weights = new LiveRows(bindings.tensor(op.topKWeights()));
    WidenedWeight bias =
        op.correctionBias() == null ? null : WidenedWeight.of(op.correctionBias(), context);
    parallel = context.engine().parallel();
    routers = new ExpertRouter[parallel.threads()];
    Arrays.setAll(routers, worker -> new ExpertRouter(op.spec(), bias));
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    logits.begin(step);
    ids.begin(step);
    weights.begin(step);
    parallel.run(ids.count(), this);
  }

  @Override
  public void run(int row, int worker) {
    routers[worker].route(logits, row, ids, weights);
  }
}
