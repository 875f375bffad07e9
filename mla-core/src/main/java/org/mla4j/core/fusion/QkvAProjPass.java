package org.mla4j.core.fusion;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.QkvAProj;
import org.mla4j.api.plan.FusionPass;
import org.mla4j.api.plan.Node;
import org.mla4j.api.plan.StepGraph;

/** The projections of one layer that read the same hidden states. */
final class QkvAProjPass implements FusionPass {
  @Override
  public String fusedType() {
    return QkvAProj.TYPE;
  }

  @Override
  public List<Match> matches(StepGraph graph) {
    List<Match> matches = new ArrayList<>();
    for (Node node : graph.nodes()) {
      MlaFlow.latent(graph, node)
          .flatMap(latent ->
              MlaFlow.queries(graph, node)
                  .flatMap(queries -> match(graph, queries.first(), latent.projection())))
          .ifPresent(matches::add);
    }
    return matches;
  }

  private static Optional<Match> match(StepGraph graph, Node q, Node kv) {
    Linear queries = (Linear) q.op();
    Linear latent = (Linear) kv.op();
    boolean same =
        queries.x().equals(latent.x())
            && graph.writer(latent.x(), q).equals(graph.writer(latent.x(), kv));
    return same
        ? Optional.of(new Match(MlaFlow.inOrder(graph, q, kv), new QkvAProj(queries, latent)))
        : Optional.empty();
  }
}
