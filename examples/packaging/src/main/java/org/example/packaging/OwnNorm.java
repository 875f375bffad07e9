package org.example.packaging;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;

/** Norms row by row. */
final class OwnNorm implements Kernel {
  private final RmsNorm op;
  private final StepTensor x;
  private final StepTensor out;
  private final float[] weight;
  private final float[] row;

  OwnNorm(RmsNorm op, Bindings bindings) {
    this.op = op;
    x = bindings.tensor(op.x());
    out = bindings.tensor(op.out());
    weight = read(op.weight());
    row = new float[weight.length];
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    MemorySegment from = x.tensor().segment();
    MemorySegment to = out.tensor().segment();
    for (int i = 0; i < x.count(step); i++) {
      long source = x.offset(step) + i * x.rowBytes();
      MemorySegment.copy(from, JAVA_FLOAT_UNALIGNED, source, row, 0, row.length);
      norm();
      long target = out.offset(step) + i * out.rowBytes();
      MemorySegment.copy(row, 0, to, JAVA_FLOAT_UNALIGNED, target, row.length);
    }
  }

  private void norm() {
    double squares = 0;
    for (float value : row) {
      squares += (double) value * value;
    }
    double factor = op.scale() / Math.sqrt(squares / row.length + op.eps());
    for (int i = 0; i < row.length; i++) {
      row[i] = (float) (row[i] * factor * weight[i]);
    }
  }

  private static float[] read(WeightHandle handle) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(ValueLayout.JAVA_FLOAT, handle.shape().elements());
      handle.materialise(Tensor.dense(DType.F32, handle.shape(), values));
      return values.toArray(ValueLayout.JAVA_FLOAT);
    }
  }
}
