package org.mla4j.core.cpu.scalar;

import java.util.Arrays;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.Sample;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.sampling.RowSampler;

/** {@code sample}: one task per row of logits. */
final class ScalarSample implements Kernel, ParallelFor.Body {
  private final LiveRows logits;
  private final LiveRows ids;
  private final RowSampler[] samplers;
  private final ParallelFor parallel;

  @SuppressWarnings("NullAway.Init") // set by forward before a task runs
  private StepDescription step;

  ScalarSample(Sample op, Bindings bindings, CpuContext context) {
    logits = new LiveRows(bindings.tensor(op.logits()));
    ids = new LiveRows(bindings.tensor(op.ids()));
    parallel = context.engine().parallel();
    samplers = new RowSampler[parallel.threads()];
    Arrays.setAll(samplers, worker -> new RowSampler(op.logits().rowWidth()));
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    this.step = step;
    logits.begin(step);
    ids.begin(step);
    parallel.run(ids.count(), this);
  }

  @Override
  public void run(int row, int worker) {
    int id =
        samplers[worker].sample(
            logits.segment(), logits.offset(row), step.sampling(row), step.draw(row));
    ids.setInt(row, 0, id);
  }
}
