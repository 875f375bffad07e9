package org.mla4j.core.cpu.vector;

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

/**
 * {@code fused_moe}: the tokens of an expert pass through it together, in three parallel loops: the
 * inner elements of all experts, their outputs, and each token's sum in the order of its ids.
 *
 * <p>Neighbouring tasks are blocks of different experts: a worker's range then has some of every
 * expert, however unevenly tokens chose.
 */
final class VectorRoutedExperts implements Kernel {
  private final RoutedTokens tokens;
  private final Operand inputs;
  private final WeightMatrix[] gateWeights;
  private final WeightMatrix[] upWeights;
  private final WeightMatrix[] downWeights;
  private final int hiddenWidth;
  private final int innerWidth;
  private final MatrixProduct intoInner;
  private final MatrixProduct intoHidden;
  private final ExpertGroups groups;
  private final SlotRows rows;
  private final ShareSums sums;
  private final ParallelFor parallel;
  private final ParallelFor.Body innerElements = this::computeInner;
  private final ParallelFor.Body outputs = this::computeOutputs;

  VectorRoutedExperts(RoutedExperts op, Bindings bindings, CpuContext context, Scratch scratch) {
    int topK = op.spec().topK();
    hiddenWidth = op.spec().hiddenSize();
    innerWidth = op.spec().intermediateSize();
    int maxTokens = context.engine().limits().maxTokens();
    groups = new ExpertGroups(op.spec().experts(), topK, maxTokens);

    tokens = RoutedTokens.of(op, bindings);
    inputs = Operand.gathered(bindings.tensor(op.x()), groups.tokens());
    rows = new SlotRows(maxTokens * topK, innerWidth, hiddenWidth, scratch);
    gateWeights = matrices(op, Expert::gate, context, scratch);
    upWeights = matrices(op, Expert::up, context, scratch);
    downWeights = matrices(op, Expert::down, context, scratch);
    intoInner = new MatrixProduct(gateWeights[0], scratch);
    intoHidden = new MatrixProduct(downWeights[0], scratch);

    parallel = context.engine().parallel();
    sums = new ShareSums(tokens, groups, rows.outputs(), topK, hiddenWidth, parallel);
  }

  private static WeightMatrix[] matrices(
      RoutedExperts op, Function<Expert, WeightHandle> part, CpuContext context, Scratch scratch) {
    return op.experts().stream()
        .map(expert -> WeightMatrix.of(part.apply(expert), context, scratch))
        .toArray(WeightMatrix[]::new);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    tokens.begin(step);
    inputs.begin(step);
    rows.begin();
    groups.fill(tokens);
    parallel.run(groups.used() * intoInner.blocks(innerWidth), innerElements);
    parallel.run(groups.used() * intoHidden.blocks(hiddenWidth), outputs);
    sums.run();
  }

  private void computeInner(int task, int worker) {
    int expert = groups.expert(task % groups.used());
    int first = task / groups.used() * intoInner.blockRows();
    int count = Math.min(intoInner.blockRows(), innerWidth - first);
    int slot = groups.firstSlot(expert);
    int slots = groups.count(expert);
    long shift = 4L * first;
    WeightMatrix gate = gateWeights[expert];
    WeightMatrix up = upWeights[expert];
    intoInner.multiply(gate, first, count, inputs, 0, rows.gates(), shift, slot, slots, worker);
    intoInner.multiply(up, first, count, inputs, 0, rows.ups(), shift, slot, slots, worker);
    rows.join(slot, slots, first, count, worker);
  }

  private void computeOutputs(int task, int worker) {
    int expert = groups.expert(task % groups.used());
    int first = task / groups.used() * intoHidden.blockRows();
    int count = Math.min(intoHidden.blockRows(), hiddenWidth - first);
    int slot = groups.firstSlot(expert);
    int slots = groups.count(expert);
    WeightMatrix down = downWeights[expert];
    intoHidden.multiply(
        down, first, count, rows.gates(), 0, rows.outputs(), 4L * first, slot, slots, worker);
  }
}
