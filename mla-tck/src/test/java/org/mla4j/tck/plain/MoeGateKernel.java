package org.mla4j.tck.plain;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.step.StepDescription;

/** Picks experts for each token. */
final class MoeGateKernel extends RowKernel {
  private static final double TINY = 1e-20;

  private final MoeSpec spec;
  private final RowView logits;
  private final RowView ids;
  private final RowView weights;
  private final @Nullable FloatWeight bias;
  private final Workspace scores;
  private final Workspace choices;
  private final Workspace groups;
  private final Workspace picked;
  private final boolean biasInWeights;
  private final boolean higherWins;
  private final boolean normalises;

  MoeGateKernel(MoeGate op, Bindings bindings, PlainContext context) {
    super(context, op.logits().rows());
    spec = op.spec();
    logits = new RowView(bindings, op.logits(), context);
    ids = new RowView(bindings, op.ids(), context);
    weights = new RowView(bindings, op.topKWeights(), context);
    bias = op.correctionBias() == null ? null : context.weights().take(op.correctionBias());
    scores = context.workspace("scores of experts", spec.experts());
    choices = context.workspace("choices of experts", spec.experts());
    groups = context.workspace("scores of groups", spec.groups());
    picked = context.workspace("picked experts", spec.experts());
    biasInWeights = context.wrong(Mistake.BIAS_IN_WEIGHTS);
    higherWins = context.wrong(Mistake.TIES_TO_HIGHER_EXPERT);
    normalises = spec.normTopK() != context.wrong(Mistake.EXPERT_WEIGHTS_NOT_NORMALISED);
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    score(logits.at(step, row), worker);
    for (int e = 0; e < spec.experts(); e++) {
      double score = scores.get(worker, e);
      choices.set(worker, e, bias == null ? score : score + bias.get(e));
      picked.set(worker, e, 0);
    }
    if (spec.groups() > 1) {
      keepGroups(worker);
    }
    for (int k = 0; k < spec.topK(); k++) {
      int best = largest(choices, spec.experts(), worker);
      picked.set(worker, best, 1);
      if (biasInWeights) {
        scores.set(worker, best, choices.get(worker, best));
      }
      choices.set(worker, best, Double.NaN);
    }
    write(step, row, worker);
  }

  private void score(long at, int worker) {
    if (spec.scoring() == MoeSpec.Scoring.SIGMOID) {
      for (int e = 0; e < spec.experts(); e++) {
        scores.set(worker, e, 1 / (1 + Math.exp(-logits.get(at, e))));
      }
      return;
    }
    double largest = Double.NEGATIVE_INFINITY;
    for (int e = 0; e < spec.experts(); e++) {
      largest = Math.max(largest, logits.get(at, e));
    }
    double sum = 0;
    for (int e = 0; e < spec.experts(); e++) {
      scores.set(worker, e, Math.exp(logits.get(at, e) - largest));
      sum += scores.get(worker, e);
    }
    for (int e = 0; e < spec.experts(); e++) {
      scores.set(worker, e, scores.get(worker, e) / sum);
    }
  }

  /** Experts of all groups but the best ones become minus infinity. */
  private void keepGroups(int worker) {
    int size = spec.experts() / spec.groups();
    for (int g = 0; g < spec.groups(); g++) {
      double first = Double.NEGATIVE_INFINITY;
      double second = Double.NEGATIVE_INFINITY;
      for (int e = g * size; e < (g + 1) * size; e++) {
        double choice = choices.get(worker, e);
        if (choice > first) {
          second = first;
          first = choice;
        } else if (choice > second) {
          second = choice;
        }
      }
      groups.set(worker, g, spec.groupScore() == MoeSpec.GroupScore.MAX ? first : first + second);
    }
    for (int k = 0; k < spec.topKGroups(); k++) {
      // A group that is kept is marked by NaN, which is larger than nothing.
      groups.set(worker, largest(groups, spec.groups(), worker), Double.NaN);
    }
    for (int e = 0; e < spec.experts(); e++) {
      if (!Double.isNaN(groups.get(worker, e / size))) {
        choices.set(worker, e, Double.NEGATIVE_INFINITY);
      }
    }
  }

  /** The index of the largest number, the lowest one of equals; NaN does not count. */
  private int largest(Workspace numbers, int count, int worker) {
    int best = -1;
    for (int i = 0; i < count; i++) {
      double number = numbers.get(worker, i);
      if (Double.isNaN(number)) {
        continue;
      }
      if (best < 0
          || number > numbers.get(worker, best)
          || (higherWins && number == numbers.get(worker, best))) {
        best = i;
      }
    }
    return Math.max(best, 0);
  }

  private void write(StepDescription step, int row, int worker) {
    double sum = TINY;
    for (int e = 0; e < spec.experts(); e++) {
      sum += picked.get(worker, e) * scores.get(worker, e);
    }
    double factor = spec.routedScalingFactor() / (normalises ? sum : 1);
    int k = 0;
    for (int e = 0; e < spec.experts(); e++) {
      if (picked.get(worker, e) == 1) {
        ids.setInt(ids.at(step, row), k, e);
        weights.set(weights.at(step, row), k, (float) (scores.get(worker, e) * factor));
        k++;
      }
    }
  }
}
