package org.mla4j.core.cpu.scalar;

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
import org.mla4j.core.cpu.kernel.WorkerScratch;

/**
 * {@code fused_moe}: token after token, first the inner elements of its experts, then its outputs,
 * each split into tasks of a few rows of the weights.
 */
final class ScalarRoutedExperts implements Kernel {
  private static final int ROWS_PER_TASK = 16;

  private final LiveRows x;
  private final LiveRows ids;
  private final LiveRows weights;
  private final LiveRows out;
  private final WeightRows[] gates;
  private final WeightRows[] ups;
  private final WeightRows[] downs;
  private final int topK;
  private final int hiddenWidth;
  private final int innerWidth;
  private final int tasksPerExpert;
  private final float[][] inner;
  private final ParallelFor.Body innerElements = this::computeInner;
  private final ParallelFor.Body outputs = this::computeOutputs;
  private final ParallelFor parallel;
  private final WorkerScratch scratch;
  private int row;

  ScalarRoutedExperts(RoutedExperts op, Bindings bindings, CpuContext context) {
    x = new LiveRows(bindings.tensor(op.x()));
    ids = new LiveRows(bindings.tensor(op.ids()));
    weights = new LiveRows(bindings.tensor(op.topKWeights()));
    out = new LiveRows(bindings.tensor(op.out()));
    gates = rows(op, Expert::gate, context);
    ups = rows(op, Expert::up, context);
    downs = rows(op, Expert::down, context);
    topK = op.spec().topK();
    hiddenWidth = op.spec().hiddenSize();
    innerWidth = op.spec().intermediateSize();
    tasksPerExpert = Math.ceilDiv(innerWidth, ROWS_PER_TASK);
    inner = new float[topK][innerWidth];
    parallel = context.engine().parallel();
    scratch = context.scratch();
  }

  private static WeightRows[] rows(
      RoutedExperts op, Function<Expert, WeightHandle> part, CpuContext context) {
    return op.experts().stream()
        .map(expert -> WeightRows.of(part.apply(expert), context))
        .toArray(WeightRows[]::new);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    x.begin(step);
    ids.begin(step);
    weights.begin(step);
    out.begin(step);
    for (row = 0; row < out.count(); row++) {
      parallel.run(topK * tasksPerExpert, innerElements);
      parallel.run(Math.ceilDiv(hiddenWidth, ROWS_PER_TASK), outputs);
    }
  }

  private void computeInner(int task, int worker) {
    int k = task / tasksPerExpert;
    int expert = ids.getInt(row, k);
    int first = task % tasksPerExpert * ROWS_PER_TASK;
    int end = Math.min(first + ROWS_PER_TASK, innerWidth);
    float[] weight = scratch.row(worker);
    for (int i = first; i < end; i++) {
      gates[expert].widen(i, weight);
      double gate = x.dot(row, weight, hiddenWidth);
      ups[expert].widen(i, weight);
      double up = x.dot(row, weight, hiddenWidth);
      inner[k][i] = (float) (Silu.of(gate) * up);
    }
  }

  private void computeOutputs(int task, int worker) {
    int first = task * ROWS_PER_TASK;
    int end = Math.min(first + ROWS_PER_TASK, hiddenWidth);
    float[] weight = scratch.row(worker);
    for (int i = first; i < end; i++) {
      double sum = 0;
      for (int k = 0; k < topK; k++) {
        downs[ids.getInt(row, k)].widen(i, weight);
        sum += weights.get(row, k) * dot(inner[k], weight);
      }
      out.set(row, i, sum);
    }
  }

  private double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < innerWidth; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
