package org.mla4j.core.cpu.fused;

import java.util.List;
import java.util.stream.Collectors;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.RowKernel;

/** Kernels that take each row in turn, while it is in the processor's nearest memory. */
final class RowByRow implements Kernel, ParallelFor.Body {
  private final RowKernel[] parts;
  private final int[] rows;
  private final int rowsPerTask;
  private final ParallelFor parallel;

  RowByRow(List<RowKernel> parts, ParallelFor parallel) {
    this.parts = parts.toArray(RowKernel[]::new);
    rows = new int[this.parts.length];
    rowsPerTask = parts.stream().mapToInt(RowKernel::rowsPerTask).min().orElse(1);
    this.parallel = parallel;
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    int most = 0;
    for (int i = 0; i < parts.length; i++) {
      rows[i] = parts[i].begin(step);
      most = Math.max(most, rows[i]);
    }
    parallel.run(Math.ceilDiv(most, rowsPerTask), this);
  }

  @Override
  public void run(int task, int worker) {
    for (int row = task * rowsPerTask; row < (task + 1) * rowsPerTask; row++) {
      for (int i = 0; i < parts.length; i++) {
        // A part with nothing to do in this step, such as a cache write without slots, has no rows.
        if (row < rows[i]) {
          parts[i].run(row, worker);
        }
      }
    }
  }

  @Override
  public String describe() {
    return List.of(parts).stream().map(Kernel::describe).collect(Collectors.joining(" + "));
  }
}
