package org.mla4j.core.cpu.fused;

import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.TaskKernel;

/** Two kernels that do not depend on each other as one parallel loop: one wait instead of two. */
final class SideBySide implements Kernel, ParallelFor.Body {
  private final TaskKernel first;
  private final TaskKernel second;
  private final ParallelFor parallel;
  private int tasksOfFirst;

  SideBySide(TaskKernel first, TaskKernel second, ParallelFor parallel) {
    this.first = first;
    this.second = second;
    this.parallel = parallel;
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    tasksOfFirst = first.begin(step);
    parallel.run(tasksOfFirst + second.begin(step), this);
  }

  @Override
  public void run(int task, int worker) {
    if (task < tasksOfFirst) {
      first.run(task, worker);
    } else {
      second.run(task - tasksOfFirst, worker);
    }
  }

  @Override
  public String describe() {
    return first.describe() + " + " + second.describe();
  }
}
