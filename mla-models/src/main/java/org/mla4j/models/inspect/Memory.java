package org.mla4j.models.inspect;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.op.Op;
import org.mla4j.api.plan.Node;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.ModelOutline;
import org.mla4j.models.inspect.ModelFacts.MemoryEstimate;

/** Estimates what an engine takes, from the weights that the nodes of its plan name. */
final class Memory {
  private Memory() {}

  static MemoryEstimate estimate(ModelOutline outline, EngineOptions options) {
    Set<WeightHandle> weights = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Node node : outline.nodes()) {
      weights.addAll(node.op().weights());
    }
    long mapped = 0;
    long dequantised = 0;
    for (WeightHandle weight : weights) {
      long elements = weight.shape().elements();
      switch (weight.dtype()) {
        case F8_E4M3, I64, I32, U8 -> dequantised += Float.BYTES * elements;
        default -> {
          if (weight.isPlain() && weight.shape().rank() > 1) {
            mapped += weight.dtype().byteCount(elements);
          } else {
            dequantised += Float.BYTES * elements;
          }
        }
      }
    }
    return new MemoryEstimate(
        options.maxSequences(),
        outline.limits().maxSequenceLength(),
        options.cacheDTypes().common().name(),
        mapped,
        dequantised,
        cacheBytes(outline, options.maxSequences()),
        outline.bufferBytes());
  }

  private static long cacheBytes(ModelOutline outline, int sequences) {
    int block = outline.limits().blockSize();
    long tokens = (long) Math.ceilDiv(outline.limits().maxSequenceLength(), block) * block;
    return outline.caches().stream()
        .mapToLong(cache -> cache.spec().bytesPerToken() * tokens * sequences)
        .sum();
  }

  /** An op and, if it is fused, what it is made of. */
  static List<Op> parts(Op op) {
    List<Op> parts = new ArrayList<>(List.of(op));
    if (op instanceof FusedOp fused) {
      fused.parts().forEach(part -> parts.addAll(parts(part)));
    }
    return parts;
  }
}
