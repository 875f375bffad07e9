package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.packed.ProductTiles.ROWS;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.packed.Panel;

/**
 * {@code fused_moe} of several tokens with packed weights: the tokens of an expert pass through it
 * together, in loops over panels of all experts: inner elements, outputs, and each token's sum.
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
    this.scratch = scratch;
    scratch.reserve(PanelProduct.SCRATCH_BYTES);
    slot = scratch.nextSlot(4L * slots * Math.max(hiddenColumns, innerColumns));
  }

  /** Computes the tokens of a step. */
  void run(StepDescription step) {
    inputs.begin(step);
    rows.begin();
    groups.fill(tokens);
    tiles.fill(groups);
    parallel.run(tiles.tasks(), interleaveTokens);
    parallel.run(innerPanels.tasks(), inner);
    parallel.run(tiles.tasks(), interleaveInner);
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
    TileInput.interleave(
        from,
        0,
        groups.firstSlot(expert) + tile * ROWS,
        TileInput.rows(tile, groups.count(expert)),
        width,
        columns,
        slot.memory(),
        inputAt(expert, columns) + TileInput.at(tile, columns));
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
    int first = groups.firstSlot(expert);
    int count = groups.count(expert);
    MemorySegment memory = scratch.of(worker);
    MemorySegment input = slot.memory();
    long inputAt = inputAt(expert, hiddenColumns);
    PanelProduct.multiply(
        weights.gates().get(expert),
        0,
        panel,
        input,
        inputAt,
        count,
        rows.gates(),
        0,
        first,
        memory);
    PanelProduct.multiply(
        weights.ups().get(expert), 0, panel, input, inputAt, count, rows.ups(), 0, first, memory);
    int firstGate = panel * Panel.OUTPUTS;
    rows.join(first, count, firstGate, Math.min(Panel.OUTPUTS, innerWidth - firstGate), worker);
  }

  private void computeOutputs(int task, int worker) {
    int panel = outputPanels.panel(task);
    if (panel == ExpertPanels.NONE) {
      return;
    }
    int expert = outputPanels.expert(task);
    PanelProduct.multiply(
        weights.downs().get(expert),
        0,
        panel,
        slot.memory(),
        inputAt(expert, innerColumns),
        groups.count(expert),
        rows.outputs(),
        0,
        groups.firstSlot(expert),
        scratch.of(worker));
  }
}
