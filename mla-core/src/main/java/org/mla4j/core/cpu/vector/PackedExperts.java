package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.packed.PackedMatrix.GROUP;
import static org.mla4j.core.cpu.packed.ProductTiles.ROWS;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.RowTasks;
import org.mla4j.core.cpu.packed.PackedMatrix;
import org.mla4j.core.cpu.packed.PackedWeights;
import org.mla4j.core.cpu.packed.Panel;

/**
 * {@code fused_moe} with packed weights.
 *
 * <p>One token: two parallel loops over rows of all its experts, the second of which adds up their
 * outputs. Several: the tokens of an expert pass through it together, in loops over panels of all
 * experts: inner elements, outputs, and each token's sum in the order of its ids.
 */
final class PackedExperts implements Kernel {
  /** Rows of an expert in a task for one token: long enough for memory to be read as a stream. */
  private static final int ROWS_PER_TASK = 128;

  private static final int GROUPS_PER_TASK = ROWS_PER_TASK / GROUP;

  /** In a worker's scratch memory, behind what the activation needs: gates, ups, one group. */
  private static final long TOKEN_GATES_AT = Silu.SCRATCH_BYTES;

  private static final long TOKEN_UPS_AT = TOKEN_GATES_AT + 4L * ROWS_PER_TASK;
  private static final long TOKEN_GROUP_AT = TOKEN_UPS_AT + 4L * ROWS_PER_TASK;
  private static final long TOKEN_SCRATCH_BYTES = TOKEN_GROUP_AT + 4L * GROUP;

  private final Operand x;
  private final Operand ids;
  private final Operand shares;
  private final Operand out;
  private final Operand expertInputs;
  private final Operand gates;
  private final Operand ups;
  private final Operand expertOutputs;
  private final Parts weights;
  private final int topK;
  private final int hiddenWidth;
  private final int innerWidth;
  private final int hiddenColumns;
  private final int innerColumns;
  private final long upsAt;
  private final long outputsAt;
  private final boolean alwaysPanels;
  private final RowInput tokenInput;
  private final RowInput innerInput;
  private final int[] tokenExperts;
  private final float[] tokenShares;
  private final ExpertGroups groups;
  private final int[] tileExperts;
  private int tiles;
  private final InputSlot slot;
  private final Scratch scratch;
  private final ParallelFor parallel;
  private final RowTasks tokens;
  private final ParallelFor.Body innerOfToken = this::computeInnerOfToken;
  private final ParallelFor.Body outputOfToken = this::computeOutputOfToken;
  private final ParallelFor.Body interleaveTokens = this::interleaveTokens;
  private final ParallelFor.Body inner = this::computeInner;
  private final ParallelFor.Body interleaveInner = this::interleaveInner;
  private final ParallelFor.Body outputs = this::computeOutputs;
  private final ParallelFor.Body sums = this::computeSum;

  /** The weights of all experts. */
  record Parts(List<PackedMatrix> gates, List<PackedMatrix> ups, List<PackedMatrix> downs) {
    /** Packs them; empty if some cannot be packed. */
    static Optional<Parts> of(RoutedExperts op, PackedWeights weights) {
      if (!op.weights().stream().allMatch(PackedWeights::canPack)) {
        return Optional.empty();
      }
      List<PackedMatrix> gates = pack(op.experts(), Expert::gate, weights);
      List<PackedMatrix> ups = pack(op.experts(), Expert::up, weights);
      List<PackedMatrix> downs = pack(op.experts(), Expert::down, weights);
      boolean complete =
          gates.size() + ups.size() + downs.size() == 3 * op.experts().size()
              && haveOneWidth(gates)
              && haveOneWidth(ups)
              && haveOneWidth(downs)
              && gates.getFirst().paddedColumns() == ups.getFirst().paddedColumns()
              && gates.getFirst().needsSums() == ups.getFirst().needsSums();
      return complete ? Optional.of(new Parts(gates, ups, downs)) : Optional.empty();
    }

    private static List<PackedMatrix> pack(
        List<Expert> experts, Function<Expert, WeightHandle> part, PackedWeights weights) {
      return experts.stream().map(part).flatMap(weight -> weights.matrix(weight).stream()).toList();
    }

    /** Whether all read their inputs alike. Files mix types by layer, not by expert. */
    private static boolean haveOneWidth(List<PackedMatrix> matrices) {
      for (PackedMatrix matrix : matrices) {
        if (matrix.paddedColumns() != matrices.getFirst().paddedColumns()
            || matrix.needsSums() != matrices.getFirst().needsSums()) {
          return false;
        }
      }
      return !matrices.isEmpty();
    }
  }

  PackedExperts(
      RoutedExperts op, Parts weights, Bindings bindings, CpuContext context, Scratch scratch) {
    this.weights = weights;
    topK = op.spec().topK();
    hiddenWidth = op.spec().hiddenSize();
    innerWidth = op.spec().intermediateSize();
    hiddenColumns = weights.gates().getFirst().paddedColumns();
    innerColumns = weights.downs().getFirst().paddedColumns();
    int experts = op.spec().experts();
    int maxTokens = context.engine().limits().maxTokens();
    groups = new ExpertGroups(experts, topK, maxTokens);
    // At most each expert has one tile that is not full.
    tileExperts = new int[maxTokens * topK / ROWS + experts];
    alwaysPanels = context.engine().deterministic();
    tokenInput = new RowInput(1, weights.gates().getFirst());
    innerInput = new RowInput(topK, weights.downs().getFirst());
    tokenExperts = new int[topK];
    tokenShares = new float[topK];

    x = Operand.of(bindings.tensor(op.x()));
    ids = Operand.of(bindings.tensor(op.ids()));
    shares = Operand.of(bindings.tensor(op.topKWeights()));
    out = Operand.of(bindings.tensor(op.out()));
    expertInputs = Operand.gathered(bindings.tensor(op.x()), groups.tokens());
    gates = Operand.dense(innerWidth);
    ups = Operand.dense(innerWidth);
    expertOutputs = Operand.dense(hiddenWidth);

    // Shared scratch, a row per slot each: gates, which become inner elements; ups; outputs.
    long slots = (long) maxTokens * topK;
    upsAt = slots * 4 * innerWidth;
    outputsAt = 2 * upsAt;
    this.scratch = scratch;
    scratch.reserve(Math.max(PanelProduct.SCRATCH_BYTES, TOKEN_SCRATCH_BYTES));
    scratch.reserveShared(outputsAt + slots * 4 * hiddenWidth);
    slot = scratch.nextSlot(slots * 4 * Math.max(hiddenColumns, innerColumns));
    parallel = context.engine().parallel();
    tokens = RowTasks.ofWidth(parallel, hiddenWidth * topK);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    x.begin(step);
    ids.begin(step);
    shares.begin(step);
    out.begin(step);
    if (out.count() == 1 && !alwaysPanels) {
      runToken();
    } else if (out.count() > 0) {
      runTokens(step);
    }
  }

  // One token.

  private void runToken() {
    tokenInput.take(0, x.segment(), x.at(0));
    for (int k = 0; k < topK; k++) {
      tokenExperts[k] = ids.segment().get(ValueLayout.JAVA_INT_UNALIGNED, ids.at(0) + 4L * k);
      tokenShares[k] =
          shares.segment().get(ValueLayout.JAVA_FLOAT_UNALIGNED, shares.at(0) + 4L * k);
    }
    parallel.run(topK * Math.ceilDiv(innerWidth, ROWS_PER_TASK), innerOfToken);
    parallel.run(Math.ceilDiv(hiddenWidth, ROWS_PER_TASK), outputOfToken);
  }

  private void computeInnerOfToken(int task, int worker) {
    int tasksPerExpert = Math.ceilDiv(innerWidth, ROWS_PER_TASK);
    int k = task / tasksPerExpert;
    int first = task % tasksPerExpert * GROUPS_PER_TASK;
    PackedMatrix gate = weights.gates().get(tokenExperts[k]);
    PackedMatrix up = weights.ups().get(tokenExperts[k]);
    int end = Math.min(first + GROUPS_PER_TASK, gate.groups());
    MemorySegment memory = scratch.of(worker);
    for (int group = first; group < end; group++) {
      tokenInput.multiply(0, gate, 0, group, memory, TOKEN_GATES_AT + 4L * GROUP * (group - first));
    }
    for (int group = first; group < end; group++) {
      tokenInput.multiply(0, up, 0, group, memory, TOKEN_UPS_AT + 4L * GROUP * (group - first));
    }
    int firstRow = first * GROUP;
    int rows = Math.min(ROWS_PER_TASK, innerWidth - firstRow);
    Silu.multiply(
        memory, TOKEN_GATES_AT, memory, TOKEN_UPS_AT, memory, TOKEN_GATES_AT, rows, memory);
    innerInput.take(k, firstRow, rows, memory, TOKEN_GATES_AT);
  }

  private void computeOutputOfToken(int task, int worker) {
    MemorySegment memory = scratch.of(worker);
    int first = task * GROUPS_PER_TASK;
    int end = Math.min(first + GROUPS_PER_TASK, weights.downs().getFirst().groups());
    int firstRow = first * GROUP;
    int rows = Math.min(ROWS_PER_TASK, hiddenWidth - firstRow);
    for (int row = 0; row < rows; row++) {
      memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, TOKEN_GATES_AT + 4L * row, 0);
    }
    for (int k = 0; k < topK; k++) {
      PackedMatrix down = weights.downs().get(tokenExperts[k]);
      for (int group = first; group < end; group++) {
        innerInput.multiply(k, down, 0, group, memory, TOKEN_GROUP_AT);
        int row = (group - first) * GROUP;
        int live = Math.min(GROUP, rows - row);
        F32Format.INSTANCE.addScaled(
            memory, TOKEN_GROUP_AT, live, tokenShares[k], memory, TOKEN_GATES_AT + 4L * row);
      }
    }
    MemorySegment.copy(memory, TOKEN_GATES_AT, out.segment(), out.at(0) + 4L * firstRow, 4L * rows);
  }

  // Several tokens.

  private void runTokens(StepDescription step) {
    expertInputs.begin(step);
    gates.place(scratch.shared(), 0);
    ups.place(scratch.shared(), upsAt);
    expertOutputs.place(scratch.shared(), outputsAt);
    groups.fill(ids);
    tiles = 0;
    for (int i = 0; i < groups.used(); i++) {
      for (int tile = 0; tile < TileInput.tiles(groups.count(groups.expert(i))); tile++) {
        tileExperts[tiles++] = i;
      }
    }
    parallel.run(tiles, interleaveTokens);
    parallel.run(groups.used() * PanelProduct.panels(weights.gates().getFirst()), inner);
    parallel.run(tiles, interleaveInner);
    parallel.run(groups.used() * PanelProduct.panels(weights.downs().getFirst()), outputs);
    tokens.run(out.count(), sums);
  }

  private void interleaveTokens(int task, int worker) {
    interleave(task, expertInputs, hiddenWidth, hiddenColumns);
  }

  private void interleaveInner(int task, int worker) {
    interleave(task, gates, innerWidth, innerColumns);
  }

  private void interleave(int task, Operand rows, int width, int columns) {
    int index = tileExperts[task];
    int expert = groups.expert(index);
    int tile = 0;
    while (task - tile > 0 && tileExperts[task - tile - 1] == index) {
      tile++;
    }
    int first = groups.firstSlot(expert);
    TileInput.interleave(
        rows,
        0,
        first + tile * ROWS,
        TileInput.rows(tile, groups.count(expert)),
        width,
        columns,
        slot.memory(),
        4L * first * columns + TileInput.at(tile, columns));
  }

  private void computeInner(int task, int worker) {
    int expert = groups.expert(task % groups.used());
    int panel = task / groups.used();
    int first = groups.firstSlot(expert);
    int count = groups.count(expert);
    long inputAt = 4L * first * hiddenColumns;
    MemorySegment memory = scratch.of(worker);
    MemorySegment input = slot.memory();
    PackedMatrix gate = weights.gates().get(expert);
    PackedMatrix up = weights.ups().get(expert);
    PanelProduct.multiply(gate, 0, panel, input, inputAt, count, gates, 0, first, memory);
    PanelProduct.multiply(up, 0, panel, input, inputAt, count, ups, 0, first, memory);
    MemorySegment shared = gates.segment();
    int firstOutput = panel * Panel.OUTPUTS;
    int outputs = Math.min(Panel.OUTPUTS, innerWidth - firstOutput);
    for (int i = first; i < first + count; i++) {
      long gateAt = gates.at(i) + 4L * firstOutput;
      long upAt = ups.at(i) + 4L * firstOutput;
      Silu.multiply(shared, gateAt, shared, upAt, shared, gateAt, outputs, memory);
    }
  }

  private void computeOutputs(int task, int worker) {
    int expert = groups.expert(task % groups.used());
    int panel = task / groups.used();
    int first = groups.firstSlot(expert);
    PanelProduct.multiply(
        weights.downs().get(expert),
        0,
        panel,
        slot.memory(),
        4L * first * innerColumns,
        groups.count(expert),
        expertOutputs,
        0,
        first,
        scratch.of(worker));
  }

  private void computeSum(int token, int worker) {
    long outAt = out.at(token);
    for (int i = 0; i < hiddenWidth; i++) {
      out.segment().set(ValueLayout.JAVA_FLOAT_UNALIGNED, outAt + 4L * i, 0);
    }
    for (int k = 0; k < topK; k++) {
      float share =
          shares.segment().get(ValueLayout.JAVA_FLOAT_UNALIGNED, shares.at(token) + 4L * k);
      long outputAt = expertOutputs.at(groups.slot(token, k));
      F32Format.INSTANCE.addScaled(
          expertOutputs.segment(), outputAt, hiddenWidth, share, out.segment(), outAt);
    }
  }
}
