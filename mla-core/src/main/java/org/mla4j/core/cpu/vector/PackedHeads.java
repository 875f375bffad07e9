package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.packed.PackedMatrix;

/**
 * {@code absorb_query} and {@code project_value} with packed weights: a product for each head, with
 * a section of the weights each. One row: one task per group of a head; several: one per panel.
 */
final class PackedHeads implements Kernel, ParallelFor.Body {
  private final String name;
  private final Operand x;
  private final Operand out;
  private final PackedMatrix weight;
  private final int heads;
  private final boolean alwaysPanels;
  private final RowInput row;
  private final Scratch scratch;
  private final InputSlot slot;
  private final ParallelFor parallel;
  private final ParallelFor.Body interleave = this::interleave;
  private boolean single;
  private int tasksPerHead;

  /**
   * Makes the kernel.
   *
   * @param name what the kernel is called in reports
   * @param in F32 {@code [T, heads, columns]}
   * @param result F32 {@code [T, heads, rows]}
   * @param weight for each head a section {@code [rows, columns]}
   */
  PackedHeads(
      String name,
      StepValue in,
      StepValue result,
      PackedMatrix weight,
      Bindings bindings,
      CpuContext context,
      Scratch scratch) {
    this.name = name;
    x = Operand.of(bindings.tensor(in));
    out = Operand.of(bindings.tensor(result));
    this.weight = weight;
    heads = Math.toIntExact(in.rowShape().extent(0));
    alwaysPanels = context.engine().deterministic();
    row = new RowInput(heads, weight);
    this.scratch = scratch;
    scratch.reserve(PanelProduct.SCRATCH_BYTES);
    int maxRows = context.engine().limits().max(in.rows());
    slot = scratch.nextSlot(4L * heads * maxRows * weight.paddedColumns());
    parallel = context.engine().parallel();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    x.begin(step);
    out.begin(step);
    single = out.count() == 1 && !alwaysPanels;
    if (single) {
      for (int head = 0; head < heads; head++) {
        row.take(head, x.segment(), x.at(0) + x.headShift(head));
      }
      tasksPerHead = weight.groups();
    } else {
      parallel.run(heads * TileInput.tiles(out.count()), interleave);
      tasksPerHead = out.count() == 0 ? 0 : PanelProduct.panels(weight);
    }
    parallel.run(heads * tasksPerHead, this);
  }

  @Override
  public String describe() {
    return name;
  }

  private void interleave(int task, int worker) {
    int tiles = TileInput.tiles(out.count());
    int head = task / tiles;
    int tile = task % tiles;
    int columns = weight.paddedColumns();
    TileInput.interleave(
        x,
        x.headShift(head),
        TileInput.first(tile, out.count()),
        TileInput.rows(tile, out.count()),
        weight.columns(),
        columns,
        slot.memory(),
        headAt(head) + TileInput.at(tile, out.count(), columns));
  }

  /** Where the interleaved rows of a head start. */
  private long headAt(int head) {
    return 4L * head * out.count() * weight.paddedColumns();
  }

  @Override
  public void run(int task, int worker) {
    int head = task / tasksPerHead;
    int part = task % tasksPerHead;
    MemorySegment memory = scratch.of(worker);
    long outShift = out.headShift(head);
    if (!single) {
      PanelProduct.multiply(
          weight, head, part, slot.memory(), headAt(head), out.count(), out, outShift, 0, memory);
      return;
    }
    int first = part * PackedMatrix.GROUP;
    int rows = Math.min(PackedMatrix.GROUP, weight.rows() - first);
    row.multiply(head, weight, head, part, memory, 0);
    MemorySegment.copy(memory, 0, out.segment(), out.at(0) + outShift + 4L * first, 4L * rows);
  }
}
