package org.mla4j.tck.reference;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.layer.FusedMoe;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.weight.WeightHandle;

/** Routing and experts. */
final class MoeReference {
  private static final double NORM_EPSILON = 1e-20;

  private MoeReference() {}

  /** Which experts a token goes to, ascending, and with which weights. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Routing(int[] ids, double[] weights) {}

  static void gate(MoeGate op, StepMemory memory) {
    for (int row = 0; row < memory.rows(op.ids()); row++) {
      Routing routing =
          route(op.spec(), memory.row(op.logits(), row), bias(op.correctionBias(), memory));
      for (int k = 0; k < routing.ids.length; k++) {
        memory.set(op.ids(), row, k, routing.ids[k]);
      }
      memory.setRow(op.topKWeights(), row, routing.weights);
    }
  }

  static void experts(RoutedExperts op, StepMemory memory) {
    for (int row = 0; row < memory.rows(op.out()); row++) {
      double[] x = memory.row(op.x(), row);
      double[] out = new double[op.out().rowWidth()];
      for (int k = 0; k < op.ids().rowWidth(); k++) {
        Expert expert = op.experts().get((int) memory.get(op.ids(), row, k));
        accumulate(run(expert, x, memory), memory.get(op.topKWeights(), row, k), out);
      }
      memory.setRow(op.out(), row, out);
    }
  }

  static void layer(FusedMoe.Call call, StepMemory memory) {
    for (int row = 0; row < memory.rows(call.output()); row++) {
      double[] x = memory.row(call.hidden(), row);
      double[] logits =
          Algebra.product(memory.weights(call.router()), x, new double[call.spec().experts()]);
      Routing routing = route(call.spec(), logits, bias(call.correctionBias(), memory));
      double[] out = new double[x.length];
      for (int k = 0; k < routing.ids.length; k++) {
        accumulate(run(call.experts().get(routing.ids[k]), x, memory), routing.weights[k], out);
      }
      if (call.shared() != null) {
        accumulate(run(call.shared(), x, memory), 1, out);
      }
      memory.setRow(call.output(), row, out);
    }
  }

  private static double @Nullable [] bias(@Nullable WeightHandle bias, StepMemory memory) {
    return bias == null ? null : memory.weights(bias);
  }

  private static void accumulate(double[] x, double factor, double[] sum) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += factor * x[i];
    }
  }

  private static double[] run(Expert expert, double[] x, StepMemory memory) {
    double[] gate = memory.weights(expert.gate());
    double[] none = new double[gate.length / x.length];
    double[] inner = Algebra.product(gate, x, none);
    double[] up = Algebra.product(memory.weights(expert.up()), x, none);
    for (int i = 0; i < inner.length; i++) {
      inner[i] = Algebra.silu(inner[i]) * up[i];
    }
    return Algebra.product(memory.weights(expert.down()), inner, new double[x.length]);
  }

  private static Routing route(MoeSpec spec, double[] logits, double @Nullable [] bias) {
    double[] scores = scores(spec, logits);
    double[] choices = scores.clone();
    for (int i = 0; bias != null && i < choices.length; i++) {
      choices[i] += bias[i];
    }
    int groupSize = spec.experts() / spec.groups();
    double[] groups = new double[spec.groups()];
    for (int group = 0; group < groups.length; group++) {
      groups[group] = groupScore(spec, choices, group * groupSize, groupSize);
    }
    boolean[] kept = largest(groups, spec.topKGroups());
    for (int i = 0; i < choices.length; i++) {
      if (!kept[i / groupSize]) {
        choices[i] = Double.NEGATIVE_INFINITY;
      }
    }
    boolean[] picked = largest(choices, spec.topK());
    int[] ids = new int[spec.topK()];
    double[] weights = new double[spec.topK()];
    int k = 0;
    double sum = 0;
    for (int expert = 0; expert < scores.length; expert++) {
      if (picked[expert]) {
        ids[k] = expert;
        weights[k++] = scores[expert];
        sum += scores[expert];
      }
    }
    double factor = spec.routedScalingFactor() / (spec.normTopK() ? sum + NORM_EPSILON : 1);
    for (int i = 0; i < weights.length; i++) {
      weights[i] *= factor;
    }
    return new Routing(ids, weights);
  }

  private static double[] scores(MoeSpec spec, double[] logits) {
    double[] scores = new double[logits.length];
    double largest = Double.NEGATIVE_INFINITY;
    for (double logit : logits) {
      largest = Math.max(largest, logit);
    }
    boolean sigmoid = spec.scoring() == MoeSpec.Scoring.SIGMOID;
    double sum = 0;
    for (int i = 0; i < scores.length; i++) {
      scores[i] = sigmoid ? 1 / (1 + Math.exp(-logits[i])) : Math.exp(logits[i] - largest);
      sum += scores[i];
    }
    for (int i = 0; i < scores.length; i++) {
      scores[i] /= sigmoid ? 1 : sum;
    }
    return scores;
  }

  private static double groupScore(MoeSpec spec, double[] choices, int from, int size) {
    double[] sorted = java.util.Arrays.copyOfRange(choices, from, from + size);
    java.util.Arrays.sort(sorted);
    double first = sorted[size - 1];
    return spec.groupScore() == MoeSpec.GroupScore.MAX || size == 1
        ? first
        : first + sorted[size - 2];
  }

  /** Marks the largest; of equal ones the first. */
  private static boolean[] largest(double[] values, int count) {
    boolean[] marked = new boolean[values.length];
    for (int n = 0; n < count; n++) {
      int best = -1;
      for (int i = 0; i < values.length; i++) {
        if (!marked[i] && (best < 0 || values[i] > values[best])) {
          best = i;
        }
      }
      marked[best] = true;
    }
    return marked;
  }
}
