package org.mla4j.opencl.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.Sample;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.opencl.device.ClKernel;

/** {@code sample}: one work-group for each row, a few rows at a time. */
final class SampleKernel implements Kernel {
  /** Each takes a binary64 number of scratch memory for each token of the vocabulary. */
  private static final int ROWS_AT_ONCE = 16;

  private final ClKernel kernel;
  private final DeviceRows logits;
  private final DeviceRows ids;
  private final int rowsAtOnce;
  private final int logitsBase;
  private final int idsBase;
  private final int first;

  SampleKernel(Sample op, Bindings bindings, Kernels.Shared shared) {
    int vocabulary = op.logits().rowWidth();
    rowsAtOnce = Math.clamp(shared.limits().max(Rows.LOGITS), 1, ROWS_AT_ONCE);
    kernel = shared.device().kernel("sample", Groups.OPTIONS, "sample");
    logits = new DeviceRows(bindings, op.logits()).rows(kernel);
    ids = new DeviceRows(bindings, op.ids()).rows(kernel);
    kernel.buffer(shared.inputs().sampling().buffer());
    kernel.buffer(shared.scratch().of((long) Double.BYTES * vocabulary * rowsAtOnce));
    kernel.integer(vocabulary);
    logitsBase = logits.base(kernel);
    idsBase = ids.base(kernel);
    first = kernel.offset(0);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    int rows = ids.count(step);
    for (int row = 0; row < rows; row += rowsAtOnce) {
      kernel.set(logitsBase, logits.offset(step, row));
      kernel.set(idsBase, ids.offset(step, row));
      kernel.set(first, row);
      kernel.submit(Groups.ITEMS, Math.min(rowsAtOnce, rows - row), Groups.ITEMS);
    }
  }

  @Override
  public void close() {
    kernel.close();
  }
}
