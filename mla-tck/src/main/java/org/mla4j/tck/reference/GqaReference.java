package org.mla4j.tck.reference;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.layer.GroupedQueryAttention;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.spec.GqaSpec;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.weight.WeightHandle;

/** Grouped-query attention over a paged cache, as an op and as a whole layer. */
final class GqaReference {
  private final double scale;
  private final int heads;
  private final int groups;
  private final CacheValue cache;
  private final StepMemory memory;
  private final StepDescription step;

  private GqaReference(double scale, int heads, int groups, CacheValue cache, StepMemory memory) {
    this.scale = scale;
    this.heads = heads;
    this.groups = groups;
    this.cache = cache;
    this.memory = memory;
    this.step = memory.step();
  }

  static void attend(GqaAttention op, StepMemory memory) {
    int heads = Math.toIntExact(op.q().rowShape().extent(0));
    int groups = Math.toIntExact(op.k().rowShape().extent(0));
    GqaReference reference = new GqaReference(op.scale(), heads, groups, op.cache(), memory);
    for (int row = 0; row < memory.rows(op.k()); row++) {
      int token = memory.token(op.k(), row);
      reference.write(token, memory.row(op.k(), row), memory.row(op.v(), row));
    }
    int width = op.q().rowWidth() / heads;
    int value = op.out().rowWidth() / heads;
    for (int row = 0; row < memory.rows(op.q()); row++) {
      int token = memory.token(op.q(), row);
      memory.setRow(op.out(), row, reference.attend(token, memory.row(op.q(), row), width, value));
    }
  }

  static void layer(GroupedQueryAttention.Call call, StepMemory memory) {
    GqaSpec spec = call.spec();
    GqaReference reference =
        new GqaReference(spec.scale(), spec.numHeads(), spec.numKeyHeads(), call.cache(), memory);
    var weights = call.weightsByRole();
    double[][] queries = new double[memory.rows(call.hidden())][];
    for (int row = 0; row < queries.length; row++) {
      double[] x = memory.row(call.hidden(), row);
      int token = memory.token(call.hidden(), row);
      queries[row] =
          reference.turned(call, token, weights.qProj(), x, spec.qHeadNorm(), weights.qHeadNorm());
      double[] key =
          reference.turned(call, token, weights.kProj(), x, spec.kHeadNorm(), weights.kHeadNorm());
      reference.write(token, key, reference.project(weights.vProj(), x));
    }
    for (int row = 0; row < queries.length; row++) {
      int token = memory.token(call.hidden(), row);
      double[] attended = reference.attend(token, queries[row], spec.headDim(), spec.headDim());
      memory.setRow(call.output(), row, reference.project(weights.oProj(), attended));
    }
  }

  /** Heads as projected, then normed and rotated one by one, where the spec has norm and rope. */
  private double[] turned(
      GroupedQueryAttention.Call call,
      int token,
      Projection projection,
      double[] x,
      @Nullable NormSpec norm,
      @Nullable WeightHandle normWeight) {
    GqaSpec spec = call.spec();
    double[] all = project(projection, x);
    for (int start = 0; start < all.length; start += spec.headDim()) {
      if (norm != null) {
        double[] head = Arrays.copyOfRange(all, start, start + spec.headDim());
        double[] weight = memory.weights(Objects.requireNonNull(normWeight));
        double[] normed = Algebra.norm(head, weight, norm.eps(), 1);
        System.arraycopy(normed, 0, all, start, normed.length);
      }
      if (spec.rope() != null) {
        double[] table = memory.weights(Objects.requireNonNull(call.ropeTable()));
        Algebra.rotate(
            all, start, spec.headDim(), table, step.position(token), spec.rope().style());
      }
    }
    return all;
  }

  private double[] project(Projection projection, double[] x) {
    double[] weight = memory.weights(projection.weight());
    double[] bias =
        projection.bias() == null
            ? new double[weight.length / x.length]
            : memory.weights(projection.bias());
    return Algebra.product(weight, x, bias);
  }

  private double[] attend(int token, double[] q, int width, int value) {
    double[] out = new double[heads * value];
    if (step.isProfiling()) {
      return out;
    }
    int count = step.position(token) + 1;
    double[][] keys = AttentionReference.cached(cache, step.sequenceOf(token), count, memory);
    for (int head = 0; head < heads; head++) {
      int group = head / (heads / groups);
      double[] scores = new double[count];
      for (int j = 0; j < count; j++) {
        scores[j] = scale * Algebra.dot(q, head * width, keys[j], group * width, width);
      }
      var result = Softmax.attend(scores, keys, groups * width + group * value, value);
      System.arraycopy(result.out(), 0, out, head * value, value);
    }
    return out;
  }

  private void write(int token, double[] k, double[] v) {
    if (!step.hasSlotMapping() || step.slot(token) < 0) {
      return;
    }
    for (int i = 0; i < k.length; i++) {
      memory.cache(cache, step.slot(token), i, k[i]);
    }
    for (int i = 0; i < v.length; i++) {
      memory.cache(cache, step.slot(token), k.length + i, v[i]);
    }
  }
}
