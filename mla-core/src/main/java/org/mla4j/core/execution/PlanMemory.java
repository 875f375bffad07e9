package org.mla4j.core.execution;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.DeviceMemory;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DeviceStorage;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Storage;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.core.plan.OpenBackend;
import org.mla4j.core.plan.PlannedNode;
import org.mla4j.core.plan.StepPlan;

/**
 * The memory behind a plan: on each device one block for all buffers, and the tensors of the caches
 * that lie there.
 */
final class PlanMemory {
  private final StepPlan plan;
  private final StepLimits limits;
  private final BufferLayout layout;
  private final Map<String, DeviceMemory> devices = new HashMap<>();
  private final Map<String, Storage> blocks = new HashMap<>();
  private final Map<String, List<Tensor>> caches = new HashMap<>();

  /** Which memory each storage of a device is part of. */
  private final IdentityHashMap<Storage, DeviceMemory> owners = new IdentityHashMap<>();

  private PlanMemory(StepPlan plan, StepLimits limits) {
    this.plan = plan;
    this.limits = limits;
    this.layout = layout(plan, limits);
    for (PlannedNode planned : plan.nodes()) {
      OpenBackend backend = planned.backend();
      backend.backend().memory().ifPresent(memory -> devices.put(backend.device(), memory));
    }
  }

  static PlanMemory allocate(StepPlan plan, StepLimits limits, PreparedPlan.Allocator host) {
    PlanMemory memory = new PlanMemory(plan, limits);
    memory
        .layout
        .bytes()
        .forEach((device, bytes) ->
            memory.blocks.put(
                device, memory.allocate(device, "step buffers", Math.max(1, bytes), host)));
    for (CacheValue cache : plan.caches()) {
      memory.caches.put(cache.name(), memory.allocate(cache, host));
    }
    return memory;
  }

  static BufferLayout layout(StepPlan plan, StepLimits limits) {
    return BufferLayout.of(
        plan.nodesInMemory(),
        plan.residency(),
        List.of(plan.residency().logits(), plan.residency().of(plan.sampled(), HostStorage.DEVICE)),
        limits);
  }

  private List<Tensor> allocate(CacheValue cache, PreparedPlan.Allocator host) {
    CacheSpec spec = cache.spec();
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < cache.layout().tensors(spec); i++) {
      Shape shape = cache.layout().shape(spec, i, limits.blocks(), limits.blockSize());
      long bytes = shape.elements() * spec.dtype().byteSize();
      String device = plan.residency().of(cache);
      tensors.add(Tensor.dense(spec.dtype(), shape, allocate(device, "cache", bytes, host), 0));
    }
    return tensors;
  }

  private Storage allocate(String device, String purpose, long bytes, PreparedPlan.Allocator host) {
    DeviceMemory memory = devices.get(device);
    if (memory == null) {
      return new HostStorage(host.allocate(purpose, bytes));
    }
    Storage storage = memory.allocate(purpose, bytes);
    owners.put(storage, memory);
    return storage;
  }

  /** What the kernels of a device are given. */
  Bindings bindings(String device) {
    return new PlanBindings(plan.residency(), device, layout, blocks, caches, limits);
  }

  /** The same values for those who look at them, in memory of the host. */
  Bindings onHost(String device) {
    return new HostView(bindings(device), this::copy);
  }

  private MemorySegment copy(DeviceStorage from, long offset, long bytes) {
    MemorySegment copy = Arena.ofAuto().allocate(bytes, Long.BYTES);
    read(from, offset, copy);
    return copy;
  }

  /** Reads what was allocated here, as it is when all work submitted so far is done. */
  void read(DeviceStorage from, long offset, MemorySegment to) {
    Objects.requireNonNull(owners.get(from), "a storage of this plan").read(from, offset, to);
  }
}
