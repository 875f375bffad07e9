package org.mla4j.tck.plain;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.api.weight.WeightLease;

/** The weights of one backend, each taken once, and what was derived from them. */
final class PlainWeights {
  private final EngineContext engine;
  private final Mistakes mistakes;
  private final Map<WeightHandle, Taken> taken = new IdentityHashMap<>();
  private final List<Runnable> derivations = new ArrayList<>();

  /** A weight and where its numbers go whenever it is taken. */
  private record Taken(Tensor target, FloatWeight weight) {}

  PlainWeights(EngineContext engine, Mistakes mistakes) {
    this.engine = engine;
    this.mistakes = mistakes;
  }

  FloatWeight take(WeightHandle handle) {
    Taken known = taken.get(handle);
    if (known == null) {
      MemorySegment memory = memory("weight " + handle.name(), handle.shape());
      known =
          new Taken(
              Tensor.dense(DType.F32, handle.shape(), memory),
              new FloatWeight(memory, handle.shape()));
      read(handle, known.target());
      taken.put(handle, known);
    }
    return known.weight();
  }

  /** Room for numbers that are derived from weights. */
  FloatWeight derived(String name, Shape shape) {
    return new FloatWeight(memory("derived weight " + name, shape), shape);
  }

  /** Derives something, now and after every reload. */
  void derive(Runnable derivation) {
    derivation.run();
    derivations.add(derivation);
  }

  private MemorySegment memory(String purpose, Shape shape) {
    return engine.allocate(purpose, Float.BYTES * Math.max(shape.elements(), 1));
  }

  private void read(WeightHandle handle, Tensor target) {
    if (handle.isPlain() && handle.dtype() == DType.F32) {
      WeightLease lease = handle.lease();
      Tensor stored = lease.tensor();
      MemorySegment.copy(
          stored.segment(),
          stored.byteOffset(),
          target.segment(),
          target.byteOffset(),
          Float.BYTES * stored.shape().elements());
      if (!mistakes.include(Mistake.LEASE_LEAKED)) {
        lease.close();
      }
    } else {
      handle.materialise(target);
    }
  }

  void reload() {
    taken.forEach((handle, known) -> read(handle, known.target()));
    if (!mistakes.include(Mistake.STALE_AFTER_RELOAD)) {
      derivations.forEach(Runnable::run);
    }
  }
}
