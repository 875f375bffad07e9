package org.mla4j.opencl;

import java.util.Optional;
import java.util.Set;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.DeviceMemory;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.step.StepDescription;
import org.mla4j.opencl.device.OpenDevice;
import org.mla4j.opencl.kernel.Kernels;

/** An opened device for one engine. */
final class OpenClBackend implements Backend {
  private final OpenDevice device;
  private final Kernels kernels;
  private boolean closed;

  OpenClBackend(EngineContext context, OpenDevice device) {
    this.device = device;
    this.kernels = new Kernels(context, device);
  }

  @Override
  public Queue queue() {
    return device.queue();
  }

  @Override
  public String device() {
    return device.info().storageName();
  }

  @Override
  public Optional<DeviceMemory> memory() {
    return Optional.of(device.memory());
  }

  @Override
  public Set<String> ops() {
    return Kernels.OPS;
  }

  @Override
  public Set<String> features() {
    return Set.of(
        Add.FACTOR,
        Embedding.FACTOR,
        RmsNorm.HEADS,
        RmsNorm.OUTPUT_SCALE,
        RotaryEmbedding.KEY_HEADS);
  }

  @Override
  public Support supports(Op op) {
    return kernels.supports(op);
  }

  @Override
  public Kernel create(Op op, Bindings bindings) {
    return kernels.create(op, bindings);
  }

  @Override
  public void prepare(StepDescription step) {
    kernels.prepare(step);
  }

  @Override
  public boolean canReloadWeights() {
    return true;
  }

  @Override
  public void reloadWeights() {
    kernels.reloadWeights();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      try {
        kernels.close();
      } finally {
        device.close();
      }
    }
  }
}
