package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.op.Linear;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.core.cpu.kernel.CpuContext;

/**
 * What {@code linear} adds to its products.
 *
 * @param values F32, one for each output; null if there is none
 */
record Bias(@Nullable Tensor values) {
  static Bias of(Linear op, CpuContext context) {
    return new Bias(op.bias() == null ? null : context.weights().widened(op.bias()));
  }

  /** Adds to some outputs of all rows; to nothing if there is no bias. */
  void addTo(Operand out, int first, int outputs) {
    if (values == null) {
      return;
    }
    MemorySegment biases = values.segment();
    for (int row = 0; row < out.count(); row++) {
      for (int output = first; output < first + outputs; output++) {
        long at = out.at(row) + 4L * output;
        float value =
            biases.get(ValueLayout.JAVA_FLOAT_UNALIGNED, values.byteOffset() + 4L * output);
        float sum = out.segment().get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
        out.segment().set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, sum + value);
      }
    }
  }
}
