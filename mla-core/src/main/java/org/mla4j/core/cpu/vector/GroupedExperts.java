package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.packed.PackedMatrix;
import org.mla4j.core.cpu.packed.Panel;

/**
 * {@code fused_moe} of several tokens with packed weights: the tokens of an expert pass through it
 * together, in loops over panels of all experts: inner elements, outputs, and each token's sum.
 *
 * <p>In a step that decodes for a few sequences most experts have one or two tokens. They are
 * multiplied with weights as these lie, which adds up in another order than panels do; not so in
 * deterministic mode, where a token has the same bits in whatever company.
 */
final class GroupedExperts {
  private final Operand inputs;
  private final PackedExpertWeights weights;
  private final RoutedTokens tokens;
  private final int hiddenWidth;
  private final int innerWidth;
  private final int hiddenColumns;
  private final int innerColumns;
  private final ExpertGroups groups;
  private final SlotRows rows;
  private final ExpertTiles tiles;
  private final ExpertPanels innerPanels;
  private final ExpertPanels outputPanels;
  private final ShareSums sums;
  private final WorkerRows fewTokens;
  private final WorkerRows fewInner;
  private final int fewestForPanels;
  private final InputSlot slot;
  private final Scratch scratch;
  private final ParallelFor parallel;
  private final ParallelFor.Body interleaveTokens = this::interleaveTokens;
  private final ParallelFor.Body inner = this::computeInner;
  private final ParallelFor.Body interleaveInner = this::interleaveInner;
  private final ParallelFor.Body outputs = this::computeOutputs;

  GroupedExperts(
      RoutedExperts op,
      RoutedTokens tokens,
      PackedExpertWeights weights,
      Bindings bindings,
      CpuContext context,
      Scratch scratch) {
    this.tokens = tokens;
    this.weights = weights;
    int topK = op.spec().topK();
    int experts = op.spec().experts();
    hiddenWidth = op.spec().hiddenSize();
    innerWidth = op.spec().intermediateSize();
    hiddenColumns = weights.anyGate().paddedColumns();
    innerColumns = weights.anyDown().paddedColumns();
    parallel = context.engine().parallel();
    int maxTokens = context.engine().limits().maxTokens();
    int slots = maxTokens * topK;
    groups = new ExpertGroups(experts, topK, maxTokens);
    inputs = Operand.gathered(bindings.tensor(op.x()), groups.tokens());
    rows = new SlotRows(slots, innerWidth, hiddenWidth, scratch);
    tiles = new ExpertTiles(experts, slots);
    innerPanels =
        new ExpertPanels(groups, PanelProduct.panels(weights.anyGate()), parallel.threads());
    outputPanels =
        new ExpertPanels(groups, PanelProduct.panels(weights.anyDown()), parallel.threads());
    sums = new ShareSums(tokens, groups, rows.outputs(), topK, hiddenWidth, parallel);
    fewTokens = scratch.workerRows(weights.anyGate());
    fewInner = scratch.workerRows(weights.anyDown());
    fewestForPanels = context.engine().deterministic() ? 1 : WorkerRows.MOST + 1;
    this.scratch = scratch;
    scratch.reserve(PanelProduct.SCRATCH_BYTES);
    slot = scratch.nextSlot(4L * slots * Math.max(hiddenColumns, innerColumns));
  }

  /** Computes the tokens of a step. */
  void run(StepDescription step) {
    inputs.begin(step);
    rows.begin();
    groups.fill(tokens);
    tiles.fill(groups, fewestForPanels);
    parallel.run(tiles.tasks(), interleaveTokens);
    fewTokens.begin();
    parallel.run(innerPanels.tasks(), inner);
    parallel.run(tiles.tasks(), interleaveInner);
    fewInner.begin();
    parallel.run(outputPanels.tasks(), outputs);
    sums.run();
  }

  private void interleaveTokens(int task, int worker) {
    interleave(task, inputs, hiddenWidth, hiddenColumns);
  }

  private void interleaveInner(int task, int worker) {
    interleave(task, rows.gates(), innerWidth, innerColumns);
  }

  private void interleave(int task, Operand from, int width, int columns) {
    int expert = tiles.expert(task);
    int tile = tiles.tile(task);
    int count = groups.count(expert);
    TileInput.interleave(
        from,
        0,
        groups.firstSlot(expert) + TileInput.first(tile, count),
        TileInput.rows(tile, count),
        width,
        columns,
        slot.memory(),
        inputAt(expert, columns) + TileInput.at(tile, count, columns));
  }

  /** Where the interleaved inputs of an expert start. */
  private long inputAt(int expert, int columns) {
    return 4L * groups.firstSlot(expert) * columns;
  }

  private void computeInner(int task, int worker) {
    int panel = innerPanels.panel(task);
    if (panel == ExpertPanels.NONE) {
      return;
    }
    int expert = innerPanels.expert(task);
    PackedMatrix gate = weights.gates().get(expert);
    PackedMatrix up = weights.ups().get(expert);
    multiply(gate, expert, panel, fewTokens, inputs, rows.gates(), worker);
    multiply(up, expert, panel, fewTokens, inputs, rows.ups(), worker);
    int first = panel * Panel.OUTPUTS;
    int count = Math.min(Panel.OUTPUTS, innerWidth - first);
    rows.join(groups.firstSlot(expert), groups.count(expert), first, count, worker);
  }

  private void computeOutputs(int task, int worker) {
    int panel = outputPanels.panel(task);
    if (panel == ExpertPanels.NONE) {
      return;
    }
    int expert = outputPanels.expert(task);
    PackedMatrix down = weights.downs().get(expert);
    multiply(down, expert, panel, fewInner, rows.gates(), rows.outputs(), worker);
  }

  private void multiply(
      PackedMatrix weight,
      int expert,
      int panel,
      WorkerRows few,
      Operand from,
      Operand to,
      int worker) {
    int first = groups.firstSlot(expert);
    int count = groups.count(expert);
    MemorySegment memory = scratch.of(worker);
    if (count < fewestForPanels) {
      few.multiply(weight, panel, from, to, first, count, worker, memory);
      return;
    }
    long inputAt = inputAt(expert, weight.paddedColumns());
    PanelProduct.multiply(weight, 0, panel, slot.memory(), inputAt, count, to, 0, first, memory);
  }
}
