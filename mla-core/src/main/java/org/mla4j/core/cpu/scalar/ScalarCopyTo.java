package org.mla4j.core.cpu.scalar;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.RowKernel;
import org.mla4j.core.cpu.kernel.RowTasks;

/** {@code copy_to}: one task per few rows, in runs of elements that lie side by side in both. */
final class ScalarCopyTo implements RowKernel {
  private final LiveRows from;
  private final LiveRows to;
  private final long runBytes;

  /** Where each run starts in a row: bytes. */
  private final long[] fromRuns;

  private final long[] toRuns;
  private final RowTasks tasks;

  ScalarCopyTo(CopyTo op, Bindings bindings, CpuContext context) {
    StepTensor source = bindings.tensor(op.from());
    from = new LiveRows(source);
    to = new LiveRows(bindings.tensor(op.to()));
    int elementBytes = op.from().dtype().byteSize();
    int run = Math.min(run(op.from()), run(op.to()));
    runBytes = (long) run * elementBytes;
    fromRuns = runs(op.from(), run, elementBytes);
    toRuns = runs(op.to(), run, elementBytes);
    tasks = RowTasks.ofWidth(context.engine().parallel(), op.from().rowWidth());
  }

  /** How many elements lie side by side: the product of the innermost extents without gaps. */
  private static int run(StepValue value) {
    long[] strides = value.rowStrides();
    long run = 1;
    for (int axis = strides.length - 1; axis >= 0; axis--) {
      long extent = value.rowShape().extent(axis);
      if (extent != 1 && strides[axis] != run) {
        break;
      }
      run *= extent;
    }
    return Math.toIntExact(run);
  }

  /** Where every {@code run}-th element lies. */
  private static long[] runs(StepValue value, int run, int elementBytes) {
    long[] strides = value.rowStrides();
    long[] starts = new long[value.rowWidth() / run];
    for (int i = 0; i < starts.length; i++) {
      long rest = (long) i * run;
      for (int axis = strides.length - 1; axis >= 0; axis--) {
        long extent = value.rowShape().extent(axis);
        starts[i] += rest % extent * strides[axis] * elementBytes;
        rest /= extent;
      }
    }
    return starts;
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    tasks.run(begin(step), this);
  }

  @Override
  public int begin(StepDescription step) {
    from.begin(step);
    to.begin(step);
    return to.count();
  }

  @Override
  public int rowsPerTask() {
    return tasks.rowsPerTask();
  }

  @Override
  public void run(int row, int worker) {
    long source = from.offset(row);
    long target = to.offset(row);
    for (int i = 0; i < fromRuns.length; i++) {
      MemorySegment.copy(
          from.segment(), source + fromRuns[i], to.segment(), target + toRuns[i], runBytes);
    }
  }
}
