package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.Sample;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.step.StepDescription;

/** Draws a token for each row of logits. */
final class SampleKernel extends RowKernel {
  private final RowView logits;
  private final RowView ids;
  private final int vocabulary;
  private final Workspace masses;
  private final Workspace parts;
  private final Ranking ranking;
  private final boolean massOfKept;
  private final boolean takesNan;

  SampleKernel(Sample op, Bindings bindings, PlainContext context) {
    super(context, op.logits().rows());
    logits = new RowView(bindings, op.logits(), context);
    ids = new RowView(bindings, op.ids(), context);
    vocabulary = logits.width();
    masses = context.workspace("probabilities of tokens", vocabulary);
    parts = context.workspace("kept tokens", vocabulary);
    ranking = new Ranking(vocabulary, context);
    takesNan = context.wrong(Mistake.NAN_ROW_SAMPLED);
    massOfKept = context.wrong(Mistake.TOP_P_OF_KEPT);
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    ids.setInt(ids.at(step, row), 0, draw(step, row, worker));
  }

  private int draw(StepDescription step, int row, int worker) {
    long at = logits.at(step, row);
    int best = -1;
    for (int id = 0; id < vocabulary; id++) {
      float logit = logits.get(at, id);
      if (Float.isNaN(logit)) {
        if (takesNan) {
          continue;
        }
        return Sample.UNUSABLE;
      }
      if (best < 0 || ranking.before(id, logit, best, logits.get(at, best))) {
        best = id;
      }
    }
    if (best < 0 || logits.get(at, best) == Float.NEGATIVE_INFINITY) {
      return Sample.UNUSABLE;
    }
    Sampling how = step.sampling(row);
    if (how.isGreedy()) {
      return best;
    }
    ranking.sort(logits, at, worker);
    int kept = how.topK() == 0 ? vocabulary : Math.min(how.topK(), vocabulary);
    double mass = 0;
    for (int rank = 0; rank < kept; rank++) {
      double weight = weight(at, ranking.id(worker, rank), best, how.temperature());
      masses.set(worker, rank, weight);
      mass += weight;
    }
    return pick(worker, survivors(worker, kept, mass, how), step.draw(row));
  }

  /** The exponential of a logit, relative to that of the largest. */
  private double weight(long at, int id, int best, double temperature) {
    double logit = logits.get(at, id);
    double largest = logits.get(at, best);
    return logit == largest ? 1 : Math.exp(logit / temperature - largest / temperature);
  }

  /** How many of the ranked tokens min-p and top-p leave. */
  private int survivors(int worker, int ranked, double mass, Sampling how) {
    int kept = 0;
    while (kept < ranked && masses.get(worker, kept) >= how.minP()) {
      kept++;
    }
    double whole = massOfKept ? massOf(worker, kept) : mass;
    double reached = 0;
    for (int rank = 0; rank < kept; rank++) {
      reached += masses.get(worker, rank);
      if (reached >= how.topP() * whole) {
        return rank + 1;
      }
    }
    return kept;
  }

  private double massOf(int worker, int kept) {
    double mass = 0;
    for (int rank = 0; rank < kept; rank++) {
      mass += masses.get(worker, rank);
    }
    return mass;
  }

  /** The token whose part holds the draw, parts laid side by side in the order of ids. */
  private int pick(int worker, int kept, double draw) {
    for (int id = 0; id < vocabulary; id++) {
      parts.set(worker, id, 0);
    }
    for (int rank = 0; rank < kept; rank++) {
      parts.set(worker, ranking.id(worker, rank), masses.get(worker, rank));
    }
    double mass = 0;
    for (int id = 0; id < vocabulary; id++) {
      mass += parts.get(worker, id);
    }
    double reached = 0;
    int last = Sample.UNUSABLE;
    for (int id = 0; id < vocabulary; id++) {
      double part = parts.get(worker, id);
      reached += part;
      if (part > 0) {
        last = id;
        if (draw * mass < reached) {
          return id;
        }
      }
    }
    return last;
  }
}
