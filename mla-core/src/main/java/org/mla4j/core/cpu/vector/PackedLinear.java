package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.Linear;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.TaskKernel;
import org.mla4j.core.cpu.packed.PackedMatrix;
import org.mla4j.core.cpu.packed.Panel;

/**
 * {@code linear} with packed weights. One row of inputs: one task per group of weights, which is
 * read once as it lies. Several rows: one task per panel.
 */
final class PackedLinear implements TaskKernel {
  private final Operand x;
  private final Operand out;
  private final PackedMatrix weight;
  private final Bias bias;
  private final boolean alwaysPanels;
  private final RowInput row;
  private final Scratch scratch;
  private final InputSlot slot;
  private final ParallelFor parallel;
  private final ParallelFor.Body interleave = this::interleave;
  private boolean single;

  PackedLinear(
      Linear op, PackedMatrix weight, Bindings bindings, CpuContext context, Scratch scratch) {
    x = Operand.of(bindings.tensor(op.x()));
    out = Operand.of(bindings.tensor(op.out()));
    this.weight = weight;
    bias = Bias.of(op, context);
    alwaysPanels = context.engine().deterministic();
    row = new RowInput(1, weight);
    this.scratch = scratch;
    scratch.reserve(PanelProduct.SCRATCH_BYTES);
    int maxRows = context.engine().limits().max(op.x().rows());
    slot = scratch.nextSlot(4L * maxRows * weight.paddedColumns());
    parallel = context.engine().parallel();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    parallel.run(begin(step), this);
  }

  @Override
  public int begin(StepDescription step) {
    x.begin(step);
    out.begin(step);
    single = out.count() == 1 && !alwaysPanels;
    if (single) {
      row.take(0, x.segment(), x.at(0));
      return weight.groups();
    }
    parallel.run(TileInput.tiles(out.count()), interleave);
    return out.count() == 0 ? 0 : PanelProduct.panels(weight);
  }

  private void interleave(int tile, int worker) {
    TileInput.interleave(
        x,
        0,
        TileInput.first(tile, out.count()),
        TileInput.rows(tile, out.count()),
        weight.columns(),
        weight.paddedColumns(),
        slot.memory(),
        TileInput.at(tile, out.count(), weight.paddedColumns()));
  }

  @Override
  public void run(int task, int worker) {
    MemorySegment memory = scratch.of(worker);
    int most = single ? PackedMatrix.GROUP : Panel.OUTPUTS;
    int first = task * most;
    int outputs = Math.min(most, weight.rows() - first);
    if (single) {
      row.multiply(0, weight, 0, task, memory, 0);
      MemorySegment.copy(memory, 0, out.segment(), out.at(0) + 4L * first, 4L * outputs);
    } else {
      PanelProduct.multiply(weight, 0, task, slot.memory(), 0, out.count(), out, 0, 0, memory);
    }
    bias.addTo(out, first, outputs);
  }
}
