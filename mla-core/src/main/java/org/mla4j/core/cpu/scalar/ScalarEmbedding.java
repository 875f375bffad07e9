package org.mla4j.core.cpu.scalar;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.StepTokens;
import org.mla4j.core.cpu.kernel.WorkerScratch;

/** {@code embedding}: one task per token. */
final class ScalarEmbedding implements Kernel, ParallelFor.Body {
  private final Embedding op;
  private final WeightRows table;
  private final LiveRows out;
  private final float factor;
  private final ParallelFor parallel;
  private final WorkerScratch scratch;

  @SuppressWarnings("NullAway.Init") // set by forward before a task runs
  private StepDescription step;

  ScalarEmbedding(Embedding op, Bindings bindings, CpuContext context) {
    this.op = op;
    table = WeightRows.of(op.table(), context);
    out = new LiveRows(bindings.tensor(op.out()));
    factor = (float) op.factor();
    parallel = context.engine().parallel();
    scratch = context.scratch();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    this.step = step;
    out.begin(step);
    parallel.run(out.count(), this);
  }

  @Override
  public void run(int row, int worker) {
    int token = step.firstToken(op.out().rows()) + row;
    int id = StepTokens.requireId(step, token, op.table(), table.rows());
    float[] embedding = scratch.row(worker);
    table.widen(id, embedding);
    for (int i = 0; i < table.columns(); i++) {
      out.set(row, i, factor * embedding[i]);
    }
  }
}
