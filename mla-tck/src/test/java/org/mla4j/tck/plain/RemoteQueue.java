package org.mla4j.tck.plain;

import java.util.ArrayList;
import java.util.List;
import org.mla4j.api.backend.Event;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.step.StepDescription;

/** Runs nothing before somebody waits: whoever looks earlier finds old values. */
final class RemoteQueue implements Queue, Event {
  private final List<Kernel> kernels = new ArrayList<>();
  private final List<StepDescription> steps = new ArrayList<>();

  void submit(Kernel kernel, StepDescription step) {
    kernels.add(kernel);
    steps.add(step);
  }

  void drain() {
    try {
      for (int i = 0; i < kernels.size(); i++) {
        kernels.get(i).forward(steps.get(i), Queue.SYNCHRONOUS);
      }
    } finally {
      kernels.clear();
      steps.clear();
    }
  }

  @Override
  public Event record() {
    return this;
  }

  @Override
  public void await() {
    drain();
  }
}
