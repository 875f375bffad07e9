package org.mla4j.core.testing;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.op.Op;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;

/** Memory for the values between the parts of an op, which are in no plan. */
final class ScratchBindings implements Bindings {
  private final Op op;
  private final Bindings plan;
  private final EngineContext context;
  private final Map<String, MemorySegment> scratch = new HashMap<>();

  private ScratchBindings(Op op, Bindings plan, EngineContext context) {
    this.op = op;
    this.plan = plan;
    this.context = context;
  }

  /** What an op reads and writes lies in the plan, everything else in memory of its own. */
  static Bindings within(Op op, Bindings plan, EngineContext context) {
    return new ScratchBindings(op, plan, context);
  }

  @Override
  public StepTensor tensor(StepValue value) {
    StepValue root = value.root();
    if (isOutside(root)) {
      return plan.tensor(value);
    }
    long rows = context.limits().max(root.rows());
    MemorySegment memory =
        scratch.computeIfAbsent(
            root.name(), name -> context.allocate(name, 4 * rows * root.rowWidth()));
    long[] strides = new long[value.rowStrides().length + 1];
    strides[0] = root.rowWidth();
    System.arraycopy(value.rowStrides(), 0, strides, 1, strides.length - 1);
    Tensor tensor =
        Tensor.strided(
            value.dtype(),
            value.rowShape().prepend(rows),
            strides,
            new HostStorage(memory),
            4 * value.rowOffset());
    return new StepTensor(tensor, value.rows(), root.rows());
  }

  private boolean isOutside(StepValue root) {
    return Stream.concat(op.reads().stream(), op.writes().stream())
        .anyMatch(value -> value instanceof StepValue step && step.root().equals(root));
  }

  @Override
  public Tensor cache(CacheValue value, int tensor) {
    return plan.cache(value, tensor);
  }
}
