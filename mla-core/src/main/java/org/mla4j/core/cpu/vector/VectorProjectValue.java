package org.mla4j.core.cpu.vector;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;

/** {@code project_value}: one matrix product per head, one task per block of a head's outputs. */
final class VectorProjectValue implements Kernel, ParallelFor.Body {
  private final Operand latent;
  private final Operand out;
  private final WeightMatrix kvB;
  private final int heads;
  private final int rowsPerHead;
  private final int valueWidth;
  private final MatrixProduct product;
  private final int blocksPerHead;
  private final ParallelFor parallel;

  VectorProjectValue(ProjectValue op, Bindings bindings, CpuContext context, Scratch scratch) {
    latent = Operand.of(bindings.tensor(op.oLatent()));
    out = Operand.of(bindings.tensor(op.out()));
    kvB = WeightMatrix.of(op.kvB(), context, scratch);
    heads = Math.toIntExact(op.out().rowShape().extent(0));
    valueWidth = Math.toIntExact(op.out().rowShape().extent(1));
    rowsPerHead = kvB.rows() / heads;
    product = new MatrixProduct(kvB, scratch);
    blocksPerHead = product.blocks(valueWidth);
    parallel = context.engine().parallel();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    latent.begin(step);
    out.begin(step);
    parallel.run(heads * blocksPerHead, this);
  }

  @Override
  public void run(int task, int worker) {
    int head = task / blocksPerHead;
    int first = task % blocksPerHead * product.blockRows();
    int rows = Math.min(product.blockRows(), valueWidth - first);
    // The values of a head are the last rows of its part, behind those of its keys.
    int firstRow = (head + 1) * rowsPerHead - valueWidth + first;
    long latentShift = latent.headShift(head);
    long outShift = out.headShift(head) + 4L * first;
    product.multiply(
        kvB, firstRow, rows, latent, latentShift, out, outShift, 0, out.count(), worker);
  }
}
