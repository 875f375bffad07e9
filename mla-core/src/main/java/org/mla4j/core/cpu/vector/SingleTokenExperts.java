package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.packed.PackedMatrix.GROUP;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.core.cpu.packed.PackedMatrix;

/**
 * {@code fused_moe} of one token with packed weights: two parallel loops over rows of all its
 * experts, the second of which adds up their outputs.
 */
final class SingleTokenExperts {
  /** Rows of an expert in a task: long enough for memory to be read as a stream. */
  private static final int ROWS_PER_TASK = 128;

  private static final int GROUPS_PER_TASK = ROWS_PER_TASK / GROUP;

  /** In a worker's scratch memory, behind what the activation needs: gates, ups. */
  private static final long GATES_AT = Silu.SCRATCH_BYTES;

  private static final long UPS_AT = GATES_AT + 4L * ROWS_PER_TASK;

  /** In the second loop, in the same place: sums, one group. */
  private static final long SUMS_AT = GATES_AT;

  private static final long GROUP_AT = SUMS_AT + 4L * ROWS_PER_TASK;
  private static final long SCRATCH_BYTES = UPS_AT + 4L * ROWS_PER_TASK;

  private final RoutedTokens tokens;
  private final PackedExpertWeights weights;
  private final int topK;
  private final int hiddenWidth;
  private final int innerWidth;
  private final int tasksPerExpert;
  private final RowInput token;
  private final RowInput innerElements;
  private final int[] experts;
  private final float[] shares;
  private final Scratch scratch;
  private final ParallelFor parallel;
  private final ParallelFor.Body inner = this::computeInner;
  private final ParallelFor.Body output = this::computeOutput;

  SingleTokenExperts(
      RoutedTokens tokens,
      MoeSpec spec,
      PackedExpertWeights weights,
      ParallelFor parallel,
      Scratch scratch) {
    this.tokens = tokens;
    this.weights = weights;
    topK = spec.topK();
    hiddenWidth = spec.hiddenSize();
    innerWidth = spec.intermediateSize();
    tasksPerExpert = Math.ceilDiv(innerWidth, ROWS_PER_TASK);
    token = new RowInput(1, weights.anyGate());
    innerElements = new RowInput(topK, weights.anyDown());
    experts = new int[topK];
    shares = new float[topK];
    this.scratch = scratch;
    scratch.reserve(SCRATCH_BYTES);
    this.parallel = parallel;
  }

  /** Computes the step's only token. */
  void run() {
    token.take(0, tokens.x().segment(), tokens.x().at(0));
    for (int k = 0; k < topK; k++) {
      experts[k] = tokens.expert(0, k);
      shares[k] = tokens.share(0, k);
    }
    parallel.run(topK * tasksPerExpert, inner);
    parallel.run(Math.ceilDiv(hiddenWidth, ROWS_PER_TASK), output);
  }

  private void computeInner(int task, int worker) {
    int k = task / tasksPerExpert;
    int first = task % tasksPerExpert * GROUPS_PER_TASK;
    PackedMatrix gate = weights.gates().get(experts[k]);
    PackedMatrix up = weights.ups().get(experts[k]);
    MemorySegment memory = scratch.of(worker);
    multiply(gate, first, memory, GATES_AT);
    multiply(up, first, memory, UPS_AT);
    int firstRow = first * GROUP;
    int rows = Math.min(ROWS_PER_TASK, innerWidth - firstRow);
    Silu.multiply(memory, GATES_AT, memory, UPS_AT, memory, GATES_AT, rows, memory);
    innerElements.take(k, firstRow, rows, memory, GATES_AT);
  }

  private void multiply(PackedMatrix matrix, int first, MemorySegment memory, long at) {
    int end = Math.min(first + GROUPS_PER_TASK, matrix.groups());
    for (int group = first; group < end; group++) {
      token.multiply(0, matrix, 0, group, memory, at + 4L * GROUP * (group - first));
    }
  }

  private void computeOutput(int task, int worker) {
    MemorySegment memory = scratch.of(worker);
    int first = task * GROUPS_PER_TASK;
    int end = Math.min(first + GROUPS_PER_TASK, weights.anyDown().groups());
    int firstRow = first * GROUP;
    int rows = Math.min(ROWS_PER_TASK, hiddenWidth - firstRow);
    for (int row = 0; row < rows; row++) {
      memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, SUMS_AT + 4L * row, 0);
    }
    for (int k = 0; k < topK; k++) {
      PackedMatrix down = weights.downs().get(experts[k]);
      for (int group = first; group < end; group++) {
        innerElements.multiply(k, down, 0, group, memory, GROUP_AT);
        int row = (group - first) * GROUP;
        int live = Math.min(GROUP, rows - row);
        F32Format.INSTANCE.addScaled(memory, GROUP_AT, live, shares[k], memory, SUMS_AT + 4L * row);
      }
    }
    Operand out = tokens.out();
    MemorySegment.copy(memory, SUMS_AT, out.segment(), out.at(0) + 4L * firstRow, 4L * rows);
  }
}
