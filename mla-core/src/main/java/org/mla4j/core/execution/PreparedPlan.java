package org.mla4j.core.execution;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.ExecutionMode;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.core.plan.StepPlan;

/**
 * A plan with its memory and its kernels.
 *
 * @param plan the plan
 * @param bindings the memory behind its values
 * @param executor runs it
 */
public record PreparedPlan(StepPlan plan, Bindings bindings, StepExecutor executor) {
  /** Allocates zeroed host memory. */
  @FunctionalInterface
  public interface Allocator {
    /**
     * Allocates.
     *
     * @param purpose what it is for
     * @param bytes how much
     * @return zeroed memory
     */
    MemorySegment allocate(String purpose, long bytes);
  }

  /**
   * Allocates the buffers and caches of a plan and creates its kernels.
   *
   * @param plan the plan
   * @param limits the largest step
   * @param allocator gives memory that outlives the prepared plan
   * @param execution whether decode steps are captured
   * @param progress told about the creation of kernels, which takes the weights
   * @return the prepared plan; its executor is to be closed
   */
  public static PreparedPlan of(
      StepPlan plan,
      StepLimits limits,
      Allocator allocator,
      ExecutionMode execution,
      ProgressListener progress) {
    BufferLayout layout = layout(plan, limits);
    MemorySegment block = allocator.allocate("step buffers", Math.max(1, layout.bytes()));
    Map<String, List<Tensor>> caches = new HashMap<>();
    for (CacheValue cache : plan.caches()) {
      caches.put(cache.name(), allocate(cache, limits, allocator));
    }
    PlanBindings bindings = new PlanBindings(layout, block, caches, limits);
    StepExecutor executor =
        StepExecutor.create(
            plan,
            bindings,
            execution == ExecutionMode.EAGER
                ? StepExecutor.Capture.NONE
                : kernels -> DecodeGraphs.capture(plan, kernels, limits),
            (done, total) -> progress.progress("kernels", done, total));
    return new PreparedPlan(plan, bindings, executor);
  }

  /**
   * Returns how much memory the values of a step take.
   *
   * @param plan the plan
   * @param limits the largest step
   * @return bytes
   */
  public static long bufferBytes(StepPlan plan, StepLimits limits) {
    return layout(plan, limits).bytes();
  }

  private static BufferLayout layout(StepPlan plan, StepLimits limits) {
    return BufferLayout.of(plan.nodesInMemory(), List.of(plan.logits(), plan.sampled()), limits);
  }

  private static List<Tensor> allocate(CacheValue cache, StepLimits limits, Allocator allocator) {
    CacheSpec spec = cache.spec();
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < cache.layout().tensors(spec); i++) {
      Shape shape = cache.layout().shape(spec, i, limits.blocks(), limits.blockSize());
      long bytes = shape.elements() * spec.dtype().byteSize();
      tensors.add(Tensor.dense(spec.dtype(), shape, allocator.allocate("cache", bytes)));
    }
    return tensors;
  }
}
