package org.mla4j.core.cpu.scalar;

import java.util.Arrays;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.WorkerScratch;

/** {@code absorb_query}: one task per token and head. */
final class ScalarAbsorbQuery implements Kernel, ParallelFor.Body {
  private final LiveRows qNope;
  private final WeightRows kvB;
  private final LiveRows qLatent;
  private final int heads;
  private final int keyWidth;
  private final int rowsPerHead;
  private final ParallelFor parallel;
  private final WorkerScratch scratch;

  ScalarAbsorbQuery(AbsorbQuery op, Bindings bindings, CpuContext context) {
    qNope = new LiveRows(bindings.tensor(op.qNope()));
    kvB = WeightRows.of(op.kvB(), context);
    qLatent = new LiveRows(bindings.tensor(op.qLatent()));
    heads = Math.toIntExact(op.qNope().rowShape().extent(0));
    keyWidth = Math.toIntExact(op.qNope().rowShape().extent(1));
    rowsPerHead = kvB.rows() / heads;
    parallel = context.engine().parallel();
    scratch = context.scratch();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    qNope.begin(step);
    qLatent.begin(step);
    parallel.run(qLatent.count() * heads, this);
  }

  @Override
  public void run(int task, int worker) {
    int row = task / heads;
    int head = task % heads;
    float[] weights = scratch.row(worker);
    double[] sums = scratch.sums(worker);
    int width = kvB.columns();
    Arrays.fill(sums, 0, width, 0);
    for (int key = 0; key < keyWidth; key++) {
      kvB.widen(head * rowsPerHead + key, weights);
      double query = qNope.get(row, head, key);
      for (int i = 0; i < width; i++) {
        sums[i] += query * weights[i];
      }
    }
    for (int i = 0; i < width; i++) {
      qLatent.set(row, head, i, sums[i]);
    }
  }
}
