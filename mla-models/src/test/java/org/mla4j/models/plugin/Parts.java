package org.mla4j.models.plugin;

import java.util.List;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.op.Op;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.StepValue;

/** The kernels of some ops, one after another, each if it has rows. */
final class Parts implements Kernel {
  private final Kernel[] kernels;
  private final StepTensor[] outputs;

  Parts(List<Op> parts, Backend cpu, Bindings bindings) {
    kernels = parts.stream().map(part -> cpu.create(part, bindings)).toArray(Kernel[]::new);
    outputs = parts.stream().map(part -> bindings.tensor(rowsOf(part))).toArray(StepTensor[]::new);
  }

  /** What tells how many rows an op works on: its output, or what it writes to a cache. */
  private static StepValue rowsOf(Op op) {
    return List.of(op.writes(), op.reads()).stream()
        .flatMap(List::stream)
        .filter(StepValue.class::isInstance)
        .map(StepValue.class::cast)
        .findFirst()
        .orElseThrow();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    for (int i = 0; i < kernels.length; i++) {
      if (outputs[i].count(step) > 0) {
        kernels[i].forward(step, queue);
      }
    }
  }

  @Override
  public String describe() {
    return "Parts" + kernels.length;
  }

  @Override
  public void close() {
    for (Kernel kernel : kernels) {
      kernel.close();
    }
  }
}
