package org.mla4j.core.runner;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.op.Add;
import org.mla4j.api.step.StepDescription;

/** A vendor's own {@code add}, written against the API alone. */
final class PlainAdd implements Kernel {
  private final StepTensor x;
  private final StepTensor y;
  private final int width;

  PlainAdd(Add op, Bindings bindings) {
    x = bindings.tensor(op.x());
    y = bindings.tensor(op.y());
    width = op.x().rowWidth();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    MemorySegment target = x.tensor().segment();
    MemorySegment source = y.tensor().segment();
    for (int row = 0; row < x.count(step); row++) {
      long to = x.offset(step) + row * x.rowBytes();
      long from = y.offset(step) + row * y.rowBytes();
      for (int i = 0; i < width; i++) {
        float sum =
            target.get(ValueLayout.JAVA_FLOAT_UNALIGNED, to + 4L * i)
                + source.get(ValueLayout.JAVA_FLOAT_UNALIGNED, from + 4L * i);
        target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, to + 4L * i, sum);
      }
    }
  }
}
