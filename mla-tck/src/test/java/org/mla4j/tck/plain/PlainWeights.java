package org.mla4j.tck.plain;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
    boolean stored = handle.isPlain() || mistakes.include(Mistake.COMPUTED_WEIGHTS_LEASED);
    if (handle.dtype() == DType.F16 && mistakes.include(Mistake.F16_WEIGHTS_AS_BF16)) {
      readAsBf16(handle, target);
    } else if (handle.dtype() == DType.Q4_0 && mistakes.include(Mistake.FOUR_BITS_SIDE_BY_SIDE)) {
      handle.materialise(target);
      interleave(target);
    } else if (stored && handle.dtype() == DType.F32) {
      WeightLease lease = handle.lease();
      Tensor source = lease.tensor();
      MemorySegment.copy(
          source.segment(),
          source.byteOffset(),
          target.segment(),
          target.byteOffset(),
          Float.BYTES * source.shape().elements());
      if (!mistakes.include(Mistake.LEASE_LEAKED)) {
        lease.close();
      }
    } else {
      handle.materialise(target);
    }
  }

  private static void readAsBf16(WeightHandle handle, Tensor target) {
    try (WeightLease lease = handle.lease()) {
      Tensor source = lease.tensor();
      for (long i = 0; i < source.shape().elements(); i++) {
        long address = source.byteOffset() + i * Short.BYTES;
        float number = CellCodec.read(DType.BF16, source.segment(), address, 1);
        target.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, number);
      }
    }
  }

  /** Puts the second halves of blocks of 32 between the first. */
  private static void interleave(Tensor target) {
    MemorySegment numbers = target.segment();
    float[] block = new float[32];
    for (long first = 0; first < target.shape().elements(); first += block.length) {
      MemorySegment.copy(
          numbers, ValueLayout.JAVA_FLOAT, Float.BYTES * first, block, 0, block.length);
      for (int i = 0; i < block.length; i++) {
        numbers.setAtIndex(ValueLayout.JAVA_FLOAT, first + i, block[i % 2 * 16 + i / 2]);
      }
    }
  }

  void reload() {
    if (mistakes.include(Mistake.RELOADS_ELSEWHERE)) {
      taken.forEach((handle, known) -> memory("again " + handle.name(), handle.shape()));
    }
    taken.forEach((handle, known) -> read(handle, known.target()));
    if (!mistakes.include(Mistake.STALE_AFTER_RELOAD)) {
      derivations.forEach(Runnable::run);
    }
  }
}
