package org.mla4j.core.fusion;

import java.util.ArrayList;
import java.util.List;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.FusedAddRmsNorm;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.plan.FusionPass;
import org.mla4j.api.plan.Node;
import org.mla4j.api.plan.StepGraph;

/** A norm of what was just added to: often the end of one layer and the start of the next. */
final class FusedAddRmsNormPass implements FusionPass {
  @Override
  public String fusedType() {
    return FusedAddRmsNorm.TYPE;
  }

  @Override
  public List<Match> matches(StepGraph graph) {
    List<Match> matches = new ArrayList<>();
    for (Node node : graph.nodes()) {
      if (node.op() instanceof RmsNorm norm
          && !norm.hasHeads()
          && !norm.out().root().equals(norm.x().root())) {
        graph
            .writer(norm.x(), node)
            .filter(before -> before.rows() == node.rows())
            .ifPresent(before -> {
              if (before.op() instanceof Add add && add.x().equals(norm.x())) {
                matches.add(new Match(List.of(before, node), new FusedAddRmsNorm(add, norm)));
              }
            });
      }
    }
    return matches;
  }
}
