package org.mla4j.core.execution;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.ExecutionMode;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.core.plan.StepPlan;

/**
 * A plan with its memory and its kernels.
 *
 * @param plan the plan
 * @param bindings the memory behind the values that nodes on the host read and write
 * @param results what a step computed
 * @param executor runs it
 */
public record PreparedPlan(
    StepPlan plan, Bindings bindings, StepResults results, StepExecutor executor) {
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
   * @param allocator gives host memory that outlives the prepared plan; devices give their own
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
    PlanMemory memory = PlanMemory.allocate(plan, limits, allocator);
    StepResults results = new StepResults(plan, memory);
    StepExecutor executor =
        StepExecutor.create(
            plan,
            memory,
            execution == ExecutionMode.EAGER
                ? StepExecutor.Capture.NONE
                : kernels -> DecodeGraphs.capture(plan, kernels, limits),
            (done, total) -> progress.progress("kernels", done, total));
    return new PreparedPlan(plan, memory.bindings(HostStorage.DEVICE), results, executor);
  }

  /**
   * Returns how much memory the values of a step take.
   *
   * @param plan the plan
   * @param limits the largest step
   * @return bytes, of all devices together
   */
  public static long bufferBytes(StepPlan plan, StepLimits limits) {
    return PlanMemory.layout(plan, limits).bytes().values().stream()
        .mapToLong(Long::longValue)
        .sum();
  }
}
