package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.step.StepDescription;

/** Runs the chosen experts of each token, one after another. */
final class ExpertsKernel extends RowKernel {
  private final RowView x;
  private final RowView ids;
  private final RowView weights;
  private final RowView out;
  private final Expert[] experts;
  private final Workspace input;
  private final Workspace inner;
  private final Workspace sum;

  private record Expert(FloatWeight gate, FloatWeight up, FloatWeight down) {}

  ExpertsKernel(RoutedExperts op, Bindings bindings, PlainContext context) {
    super(context, op.x().rows());
    x = new RowView(bindings, op.x(), context);
    ids = new RowView(bindings, op.ids(), context);
    weights = new RowView(bindings, op.topKWeights(), context);
    out = new RowView(bindings, op.out(), context);
    experts = new Expert[op.experts().size()];
    for (int e = 0; e < experts.length; e++) {
      RoutedExperts.Expert expert = op.experts().get(e);
      experts[e] =
          new Expert(
              context.weights().take(expert.gate()),
              context.weights().take(expert.up()),
              context.weights().take(expert.down()));
    }
    input = context.workspace("input of experts", x.width());
    inner = context.workspace("inner of experts", op.spec().intermediateSize());
    sum = context.workspace("sum of experts", out.width());
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    input.load(worker, x, x.at(step, row));
    for (int i = 0; i < out.width(); i++) {
      sum.set(worker, i, 0);
    }
    for (int k = 0; k < ids.width(); k++) {
      Expert expert = experts[ids.getInt(ids.at(step, row), k)];
      double weight = weights.get(weights.at(step, row), k);
      for (int i = 0; i < expert.gate().rows(); i++) {
        double gate = SiluKernel.silu(expert.gate().dot(i, input, worker));
        inner.set(worker, i, gate * expert.up().dot(i, input, worker));
      }
      for (int i = 0; i < out.width(); i++) {
        sum.set(worker, i, sum.get(worker, i) + weight * expert.down().dot(i, inner, worker));
      }
    }
    for (int i = 0; i < out.width(); i++) {
      out.set(out.at(step, row), i, (float) sum.get(worker, i));
    }
  }
}
