package org.mla4j.tck.plain;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.op.Op;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;

/** Kernels of all rows that run one after another, with values that only they know. */
final class InnerPlan implements Bindings {
  private final String name;
  private final Bindings outer;
  private final PlainContext context;
  private final Map<StepValue, MemorySegment> own = new HashMap<>();
  private final List<Kernel> kernels = new ArrayList<>();

  InnerPlan(String name, Bindings outer, PlainContext context) {
    this.name = name;
    this.outer = outer;
    this.context = context;
  }

  String name(String last) {
    return name + ".plain." + last;
  }

  StepValue buffer(String last, long... rowExtents) {
    StepValue value = StepValue.buffer(name(last), DType.F32, Rows.ALL, rowExtents);
    long rows = context.engine().limits().maxTokens();
    own.put(value, context.engine().allocate(value.name(), Float.BYTES * rows * value.rowWidth()));
    return value;
  }

  void add(Op op) {
    add(Kernels.create(op, this, context));
  }

  void add(Kernel kernel) {
    kernels.add(kernel);
  }

  void forward(StepDescription step, Queue queue) {
    for (int i = 0; i < kernels.size(); i++) {
      kernels.get(i).forward(step, queue);
    }
  }

  @Override
  public StepTensor tensor(StepValue value) {
    MemorySegment memory = own.get(value.root());
    if (memory == null) {
      return outer.tensor(value);
    }
    long[] rowStrides = value.rowStrides();
    long[] strides = new long[rowStrides.length + 1];
    strides[0] = value.root().rowWidth();
    System.arraycopy(rowStrides, 0, strides, 1, rowStrides.length);
    Tensor tensor =
        Tensor.strided(
            value.dtype(),
            value.rowShape().prepend(context.engine().limits().maxTokens()),
            strides,
            new HostStorage(memory),
            value.rowOffset() * value.dtype().byteSize());
    return new StepTensor(tensor, value.rows(), Rows.ALL);
  }

  @Override
  public Tensor cache(CacheValue value, int tensor) {
    return outer.cache(value, tensor);
  }
}
