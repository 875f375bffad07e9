package org.mla4j.core.cpu.scalar;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.spec.MoeSpec;

/** Picks the experts of one token after another, as {@link MoeSpec} says. One for each worker. */
final class ExpertRouter {
  private static final double NORM_EPSILON = 1e-20;

  private final MoeSpec spec;
  private final @Nullable WidenedWeight correctionBias;
  private final double[] scores;
  private final double[] choices;
  private final double[] groupScores;
  private final boolean[] groupKept;
  private final boolean[] picked;

  ExpertRouter(MoeSpec spec, @Nullable WidenedWeight correctionBias) {
    this.spec = spec;
    this.correctionBias = correctionBias;
    scores = new double[spec.experts()];
    choices = new double[spec.experts()];
    groupScores = new double[spec.groups()];
    groupKept = new boolean[spec.groups()];
    picked = new boolean[spec.experts()];
  }

  /** Routes the token of a row. */
  void route(LiveRows logits, int row, LiveRows ids, LiveRows weights) {
    score(logits, row);
    for (int expert = 0; expert < choices.length; expert++) {
      choices[expert] = scores[expert] + (correctionBias == null ? 0 : correctionBias.get(expert));
    }
    if (spec.topKGroups() < spec.groups()) {
      dropGroups();
    }
    pickLargest(choices, spec.topK(), picked);
    write(row, ids, weights);
  }

  private void score(LiveRows logits, int row) {
    if (spec.scoring() == MoeSpec.Scoring.SIGMOID) {
      for (int expert = 0; expert < scores.length; expert++) {
        scores[expert] = 1 / (1 + Math.exp(-logits.get(row, expert)));
      }
      return;
    }
    double largest = Double.NEGATIVE_INFINITY;
    for (int expert = 0; expert < scores.length; expert++) {
      largest = Math.max(largest, logits.get(row, expert));
    }
    double sum = 0;
    for (int expert = 0; expert < scores.length; expert++) {
      scores[expert] = Math.exp(logits.get(row, expert) - largest);
      sum += scores[expert];
    }
    for (int expert = 0; expert < scores.length; expert++) {
      scores[expert] /= sum;
    }
  }

  private void dropGroups() {
    int groupSize = spec.experts() / spec.groups();
    for (int group = 0; group < groupScores.length; group++) {
      groupScores[group] = groupScore(group * groupSize, groupSize);
    }
    pickLargest(groupScores, spec.topKGroups(), groupKept);
    for (int expert = 0; expert < choices.length; expert++) {
      if (!groupKept[expert / groupSize]) {
        choices[expert] = Double.NEGATIVE_INFINITY;
      }
    }
  }

  private double groupScore(int from, int size) {
    double largest = Double.NEGATIVE_INFINITY;
    double second = Double.NEGATIVE_INFINITY;
    for (int expert = from; expert < from + size; expert++) {
      if (choices[expert] > largest) {
        second = largest;
        largest = choices[expert];
      } else if (choices[expert] > second) {
        second = choices[expert];
      }
    }
    return spec.groupScore() == MoeSpec.GroupScore.MAX ? largest : largest + second;
  }

  /** Marks the {@code count} largest values; of equal ones, the lower index. */
  private static void pickLargest(double[] values, int count, boolean[] marks) {
    Arrays.fill(marks, false);
    for (int n = 0; n < count; n++) {
      int best = -1;
      for (int i = 0; i < values.length; i++) {
        if (!marks[i] && (best < 0 || values[i] > values[best])) {
          best = i;
        }
      }
      marks[best] = true;
    }
  }

  /** Weights are scores without the bias: that one corrects the choice only. */
  private void write(int row, LiveRows ids, LiveRows weights) {
    double sum = 0;
    for (int expert = 0; expert < scores.length; expert++) {
      sum += picked[expert] ? scores[expert] : 0;
    }
    double factor = spec.routedScalingFactor() / (spec.normTopK() ? sum + NORM_EPSILON : 1);
    int k = 0;
    for (int expert = 0; expert < scores.length; expert++) {
      if (picked[expert]) {
        ids.setInt(row, k, expert);
        weights.set(row, k, scores[expert] * factor);
        k++;
      }
    }
  }
}
