package org.mla4j.tck.plain;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.mla4j.api.layer.MlaAttention;
import org.mla4j.api.layer.MlaWeights;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.Sample;
import org.mla4j.api.spec.CacheLayout.RopeOrder;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/** Why an op cannot be run. */
final class Reasons {
  /** What calls may use beyond the first level of the SPI. */
  static final Set<String> FEATURES =
      Set.of(
          RmsNorm.OUTPUT_SCALE,
          MultiHeadLatentAttention.LATENT_SCALE,
          MultiHeadLatentAttention.PROJECTION_BIAS);

  private Reasons() {}

  static List<String> against(Op op, PlainOptions options, StepLimits limits) {
    List<String> reasons = new ArrayList<>();
    Set<String> unknown = new HashSet<>(op.features());
    unknown.removeAll(FEATURES);
    unknown.forEach(feature -> reasons.add("feature '" + feature + "' is not known"));
    Stream.concat(op.reads().stream(), op.writes().stream())
        .distinct()
        .forEach(value -> add(reasons, op, value, limits));
    if (op instanceof MlaAttention attention) {
      if (!options.forms().contains(attention.form())) {
        reasons.add("attention of form '" + attention.form() + "' is not offered");
      }
      addLayer(reasons, attention.spec(), attention.weightsByRole());
    }
    if (op instanceof MultiHeadLatentAttention.Call call) {
      addLayer(reasons, call.spec(), call.weightsByRole());
    }
    reasons.addAll(ShapeReasons.against(op));
    return reasons;
  }

  private static void add(List<String> reasons, Op op, Value value, StepLimits limits) {
    switch (value) {
      case StepValue step when !(op instanceof CopyTo) && !isExpected(op, step.dtype()) ->
          reasons.add("value '" + step.name() + "' is " + step.dtype() + "; only F32 is supported");
      case CacheValue cache -> addCache(reasons, cache, limits);
      default -> {}
    }
  }

  private static boolean isExpected(Op op, DType dtype) {
    boolean integers = op instanceof MoeGate || op instanceof RoutedExperts || op instanceof Sample;
    return dtype == DType.F32 || (dtype == DType.I32 && integers);
  }

  private static void addCache(List<String> reasons, CacheValue cache, StepLimits limits) {
    String problem = cache.layout().problem(cache.spec(), limits.blockSize());
    if (!problem.isEmpty()) {
      reasons.add(problem);
    }
    if (cache.spec().parts().size() > 2) {
      reasons.add("a cache row of " + cache.spec().parts().size() + " parts; at most 2");
    }
    for (CacheSpec.Part part : cache.spec().parts()) {
      if (cache.layout().ropeOrder() == RopeOrder.DEINTERLEAVED
          && part.name().equals(CacheSpec.ROPE)
          && part.width() % 2 != 0) {
        reasons.add("a rotary key of " + part.width() + " elements cannot be de-interleaved");
      }
    }
  }

  private static void addLayer(List<String> reasons, MlaSpec spec, MlaWeights weights) {
    if (spec.qHeadNorm() != null || spec.kHeadNorm() != null) {
      reasons.add("norms of single heads are not supported");
    }
    if (weights.kvBProj().bias() != null) {
      reasons.add("a bias of kv_b_proj cannot be absorbed");
    }
  }

  /** Whether the mistakes about odd head counts show. */
  static boolean hasOddHeads(Op op) {
    return op instanceof AbsorbQuery absorb
        && absorb.qNope().rowShape().rank() > 0
        && absorb.qNope().rowShape().extent(0) % 2 != 0;
  }
}
