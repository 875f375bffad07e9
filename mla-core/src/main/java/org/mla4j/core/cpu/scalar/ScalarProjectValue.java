package org.mla4j.core.cpu.scalar;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.WorkerScratch;

/** {@code project_value}: one task per token and head. */
final class ScalarProjectValue implements Kernel, ParallelFor.Body {
  private final LiveRows oLatent;
  private final WeightRows kvB;
  private final LiveRows out;
  private final int heads;
  private final int valueWidth;
  private final int rowsPerHead;
  private final ParallelFor parallel;
  private final WorkerScratch scratch;

  ScalarProjectValue(ProjectValue op, Bindings bindings, CpuContext context) {
    oLatent = new LiveRows(bindings.tensor(op.oLatent()));
    kvB = WeightRows.of(op.kvB(), context);
    out = new LiveRows(bindings.tensor(op.out()));
    heads = Math.toIntExact(op.out().rowShape().extent(0));
    valueWidth = Math.toIntExact(op.out().rowShape().extent(1));
    rowsPerHead = kvB.rows() / heads;
    parallel = context.engine().parallel();
    scratch = context.scratch();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    oLatent.begin(step);
    out.begin(step);
    parallel.run(out.count() * heads, this);
  }

  @Override
  public void run(int task, int worker) {
    int row = task / heads;
    int head = task % heads;
    float[] weights = scratch.row(worker);
    int firstValue = (head + 1) * rowsPerHead - valueWidth;
    for (int value = 0; value < valueWidth; value++) {
      kvB.widen(firstValue + value, weights);
      out.set(row, head, value, oLatent.dot(row, head, weights, 0, kvB.columns()));
    }
  }
}
