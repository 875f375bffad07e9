package org.mla4j.core.cpu.fused;

import java.util.List;
import java.util.stream.Collectors;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.step.StepDescription;

/** Kernels one after another. */
final class InTurn implements Kernel {
  private final Kernel[] parts;

  InTurn(List<Kernel> parts) {
    this.parts = parts.toArray(Kernel[]::new);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    for (Kernel part : parts) {
      part.forward(step, queue);
    }
  }

  @Override
  public String describe() {
    return List.of(parts).stream().map(Kernel::describe).collect(Collectors.joining(", "));
  }

  @Override
  public void close() {
    for (Kernel part : parts) {
      part.close();
    }
  }
}
