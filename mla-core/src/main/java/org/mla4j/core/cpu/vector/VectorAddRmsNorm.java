package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.FusedAddRmsNorm;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.RowTasks;

/**
 * {@code fused_add_rms_norm}: one task per few rows. The sum and its squares take one pass; the
 * addition hides behind the sum of squares, each step of which waits for the one before.
 */
final class VectorAddRmsNorm implements Kernel, ParallelFor.Body {
  private final Operand x;
  private final Operand y;
  private final int width;
  private final float factor;
  private final VectorRmsNorm norm;
  private final Scratch scratch;
  private final RowTasks tasks;

  VectorAddRmsNorm(FusedAddRmsNorm op, Bindings bindings, CpuContext context, Scratch scratch) {
    x = Operand.of(bindings.tensor(op.add().x()));
    y = Operand.of(bindings.tensor(op.add().y()));
    width = op.add().x().rowWidth();
    factor = (float) op.add().factor();
    norm = new VectorRmsNorm(op.norm(), bindings, context, scratch);
    this.scratch = scratch;
    tasks = RowTasks.ofWidth(context.engine().parallel(), width);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    x.begin(step);
    y.begin(step);
    tasks.run(norm.begin(step), this);
  }

  @Override
  public void run(int row, int worker) {
    MemorySegment lanes = scratch.of(worker);
    addThenSquare(y.segment(), y.at(row), factor, x.segment(), x.at(row), width, lanes);
    norm.scaleBy(lanes, row, 0);
  }

  /** Both sums as {@link F32Format} computes them: element by element, then lane by lane. */
  private static void addThenSquare(
      MemorySegment y,
      long yAt,
      float factor,
      MemorySegment x,
      long xAt,
      int width,
      MemorySegment lanes) {
    int whole = FLOATS.loopBound(width);
    FloatVector times = FloatVector.broadcast(FLOATS, factor);
    FloatVector squares = FloatVector.zero(FLOATS);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector sum =
          FloatVector.fromMemorySegment(FLOATS, y, yAt + 4L * i, ORDER)
              .fma(times, FloatVector.fromMemorySegment(FLOATS, x, xAt + 4L * i, ORDER));
      sum.intoMemorySegment(x, xAt + 4L * i, ORDER);
      squares = sum.fma(sum, squares);
    }
    squares.intoMemorySegment(lanes, 0, ORDER);
    for (int i = whole; i < width; i++) {
      long lane = 4L * (i - whole);
      float sum =
          Math.fma(
              factor,
              y.get(ValueLayout.JAVA_FLOAT_UNALIGNED, yAt + 4L * i),
              x.get(ValueLayout.JAVA_FLOAT_UNALIGNED, xAt + 4L * i));
      x.set(ValueLayout.JAVA_FLOAT_UNALIGNED, xAt + 4L * i, sum);
      float partial = lanes.get(ValueLayout.JAVA_FLOAT_UNALIGNED, lane);
      lanes.set(ValueLayout.JAVA_FLOAT_UNALIGNED, lane, Math.fma(sum, sum, partial));
    }
  }
}
