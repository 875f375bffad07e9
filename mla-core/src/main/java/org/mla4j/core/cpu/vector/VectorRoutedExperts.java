package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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

/**
 * {@code fused_moe}: the tokens of an expert pass through it together, in three parallel loops: the
 * inner elements of all experts, their outputs, and each token's sum in the order of its ids.
 *
 * <p>Neighbouring tasks are blocks of different experts: a worker's range then has some of every
 * expert, however unevenly tokens chose.
 */
final class VectorRoutedExperts implements Kernel {
  private final Operand x;
  private final Operand ids;
  private final Operand shares;
  private final Operand out;
  private final Operand expertInputs;
  private final Operand gates;
  private final Operand ups;
  private final Operand expertOutputs;
  private final WeightMatrix[] gateWeights;
  private final WeightMatrix[] upWeights;
  private final WeightMatrix[] downWeights;
  private final int topK;
  private final int hiddenWidth;
  private final int innerWidth;
  private final long upsAt;
  private final long outputsAt;
  private final MatrixProduct intoInner;
  private final MatrixProduct intoHidden;
  private final ExpertGroups groups;
  private final Scratch scratch;
  private final ParallelFor parallel;
  private final RowTasks tokens;
  private final ParallelFor.Body innerElements = this::computeInner;
  private final ParallelFor.Body outputs = this::computeOutputs;
  private final ParallelFor.Body sums = this::computeSum;

  VectorRoutedExperts(RoutedExperts op, Bindings bindings, CpuContext context, Scratch scratch) {
    topK = op.spec().topK();
    hiddenWidth = op.spec().hiddenSize();
    innerWidth = op.spec().intermediateSize();
    int maxTokens = context.engine().limits().maxTokens();
    groups = new ExpertGroups(op.spec().experts(), topK, maxTokens);

    x = Operand.of(bindings.tensor(op.x()));
    ids = Operand.of(bindings.tensor(op.ids()));
    shares = Operand.of(bindings.tensor(op.topKWeights()));
    out = Operand.of(bindings.tensor(op.out()));
    expertInputs = Operand.gathered(bindings.tensor(op.x()), groups.tokens());
    gates = Operand.dense(innerWidth);
    ups = Operand.dense(innerWidth);
    expertOutputs = Operand.dense(hiddenWidth);

    gateWeights = matrices(op, Expert::gate, context, scratch);
    upWeights = matrices(op, Expert::up, context, scratch);
    downWeights = matrices(op, Expert::down, context, scratch);
    intoInner = new MatrixProduct(gateWeights[0], scratch);
    intoHidden = new MatrixProduct(downWeights[0], scratch);

    // Shared scratch, a row per slot each: gates, which become inner elements; ups; outputs.
    long slots = (long) maxTokens * topK;
    upsAt = slots * 4 * innerWidth;
    outputsAt = 2 * upsAt;
    this.scratch = scratch;
    scratch.reserve(Silu.SCRATCH_BYTES);
    scratch.reserveShared(outputsAt + slots * 4 * hiddenWidth);
    parallel = context.engine().parallel();
    tokens = RowTasks.ofWidth(parallel, hiddenWidth * topK);
  }

  private static WeightMatrix[] matrices(
      RoutedExperts op, Function<Expert, WeightHandle> part, CpuContext context, Scratch scratch) {
    return op.experts().stream()
        .map(expert -> WeightMatrix.of(part.apply(expert), context, scratch))
        .toArray(WeightMatrix[]::new);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    x.begin(step);
    ids.begin(step);
    shares.begin(step);
    out.begin(step);
    expertInputs.begin(step);
    gates.place(scratch.shared(), 0);
    ups.place(scratch.shared(), upsAt);
    expertOutputs.place(scratch.shared(), outputsAt);
    groups.fill(ids);
    parallel.run(groups.used() * intoInner.blocks(innerWidth), innerElements);
    parallel.run(groups.used() * intoHidden.blocks(hiddenWidth), outputs);
    tokens.run(out.count(), sums);
  }

  private void computeInner(int task, int worker) {
    int expert = groups.expert(task % groups.used());
    int first = task / groups.used() * intoInner.blockRows();
    int rows = Math.min(intoInner.blockRows(), innerWidth - first);
    int slot = groups.firstSlot(expert);
    int count = groups.count(expert);
    long shift = 4L * first;
    WeightMatrix gate = gateWeights[expert];
    WeightMatrix up = upWeights[expert];
    intoInner.multiply(gate, first, rows, expertInputs, 0, gates, shift, slot, count, worker);
    intoInner.multiply(up, first, rows, expertInputs, 0, ups, shift, slot, count, worker);
    MemorySegment memory = gates.segment();
    for (int i = slot; i < slot + count; i++) {
      long gateAt = gates.at(i) + shift;
      long upAt = ups.at(i) + shift;
      Silu.multiply(memory, gateAt, memory, upAt, memory, gateAt, rows, scratch.of(worker));
    }
  }

  private void computeOutputs(int task, int worker) {
    int expert = groups.expert(task % groups.used());
    int first = task / groups.used() * intoHidden.blockRows();
    int rows = Math.min(intoHidden.blockRows(), hiddenWidth - first);
    int slot = groups.firstSlot(expert);
    int count = groups.count(expert);
    WeightMatrix down = downWeights[expert];
    intoHidden.multiply(
        down, first, rows, gates, 0, expertOutputs, 4L * first, slot, count, worker);
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
