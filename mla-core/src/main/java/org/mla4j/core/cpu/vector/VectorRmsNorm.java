package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.RowKernel;
import org.mla4j.core.cpu.kernel.RowTasks;
import org.mla4j.core.cpu.simd.Lanes;

/** {@code rms_norm}: one task per few rows, whatever the number of their heads. */
final class VectorRmsNorm implements RowKernel {
  private final Operand x;
  private final Operand out;
  private final Tensor weight;
  private final double eps;
  private final double scale;
  private final int heads;
  private final int width;
  private final Scratch scratch;
  private final RowTasks tasks;

  VectorRmsNorm(RmsNorm op, Bindings bindings, CpuContext context, Scratch scratch) {
    x = Operand.of(bindings.tensor(op.x()));
    out = Operand.of(bindings.tensor(op.out()));
    weight = context.weights().widened(op.weight());
    eps = op.eps();
    scale = op.scale();
    heads = op.hasHeads() ? Math.toIntExact(op.x().rowShape().extent(0)) : 1;
    width = op.x().rowWidth() / heads;
    this.scratch = scratch;
    scratch.reserve(Lanes.BYTES);
    tasks = RowTasks.ofWidth(context.engine().parallel(), heads * width);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    tasks.run(begin(step), this);
  }

  @Override
  public int begin(StepDescription step) {
    x.begin(step);
    out.begin(step);
    return out.count();
  }

  @Override
  public int rowsPerTask() {
    return tasks.rowsPerTask();
  }

  @Override
  public void run(int row, int worker) {
    MemorySegment lanes = scratch.of(worker);
    for (int head = 0; head < heads; head++) {
      long at = x.at(row) + x.headShift(head);
      F32Format.INSTANCE.dot(x.segment(), at, x.segment(), at, width, lanes, 0);
      scaleBy(lanes, row, head);
    }
  }

  /**
   * Norms a head, or a row that has none, whose sum of squares is known: lane by lane, as a dot
   * product leaves it.
   */
  void scaleBy(MemorySegment lanes, int row, int head) {
    double mean = (double) LaneSums.of(lanes, 0) / width;
    float factor = (float) (scale / Math.sqrt(mean + eps));
    multiply(
        x.segment(),
        x.at(row) + x.headShift(head),
        factor,
        weight.segment(),
        weight.byteOffset(),
        out.segment(),
        out.at(row) + out.headShift(head),
        width);
  }

  private static void multiply(
      MemorySegment x,
      long xAt,
      float factor,
      MemorySegment weight,
      long weightAt,
      MemorySegment out,
      long outAt,
      int width) {
    int whole = FLOATS.loopBound(width);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector.fromMemorySegment(FLOATS, x, xAt + 4L * i, ORDER)
          .mul(factor)
          .mul(FloatVector.fromMemorySegment(FLOATS, weight, weightAt + 4L * i, ORDER))
          .intoMemorySegment(out, outAt + 4L * i, ORDER);
    }
    for (int i = whole; i < width; i++) {
      float value = x.get(ValueLayout.JAVA_FLOAT_UNALIGNED, xAt + 4L * i);
      float times = weight.get(ValueLayout.JAVA_FLOAT_UNALIGNED, weightAt + 4L * i);
      out.set(ValueLayout.JAVA_FLOAT_UNALIGNED, outAt + 4L * i, value * factor * times);
    }
  }
}
