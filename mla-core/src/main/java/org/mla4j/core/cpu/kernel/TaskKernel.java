package org.mla4j.core.cpu.kernel;

import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.step.StepDescription;

/**
 * A kernel that is one parallel loop, whose tasks a fused kernel can run among those of others. Its
 * {@code forward} is {@link #begin} and then all tasks.
 */
public interface TaskKernel extends Kernel, ParallelFor.Body {
  /**
   * Moves to a step, and refuses it if it has to be refused; changes no value.
   *
   * @param step the step
   * @return how many tasks it has; 0 if there is nothing to do
   */
  int begin(StepDescription step);
}
