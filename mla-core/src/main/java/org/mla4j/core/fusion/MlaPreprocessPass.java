package org.mla4j.core.fusion;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MlaPreprocess;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.plan.FusionPass;
import org.mla4j.api.plan.Node;
import org.mla4j.api.plan.StepGraph;

/** Everything of an MLA layer before attention. */
final class MlaPreprocessPass implements FusionPass {
  @Override
  public String fusedType() {
    return MlaPreprocess.TYPE;
  }

  @Override
  public List<Match> matches(StepGraph graph) {
    List<Match> matches = new ArrayList<>();
    for (Node write : MlaFlow.cacheWrites(graph)) {
      MlaFlow.latent(graph, write)
          .flatMap(latent ->
              MlaFlow.queries(graph, write)
                  .flatMap(queries -> match(graph, queries, latent, write)))
          .ifPresent(matches::add);
    }
    return matches;
  }

  private static Optional<Match> match(
      StepGraph graph, MlaFlow.Queries queries, MlaFlow.Projected latent, Node write) {
    @Nullable Node rope = MlaFlow.rope(graph, write).orElse(null);
    MlaFlow.@Nullable Projected queryLatent = queries.latent();
    Linear first = (Linear) queries.first().op();
    boolean turns =
        rope == null
            || ((RotaryEmbedding) rope.op()).q().root().equals(queries.linear().out().root());
    if (!(queries.reader().op() instanceof AbsorbQuery absorb)) {
      return Optional.empty();
    }
    if (!first.x().equals(latent.linear().x()) || !turns) {
      return Optional.empty();
    }
    List<Node> nodes =
        MlaFlow.inOrder(
            graph,
            queryLatent == null ? null : queryLatent.projection(),
            queryLatent == null ? null : queryLatent.norm(),
            queries.projection(),
            latent.projection(),
            latent.norm(),
            rope,
            write,
            queries.reader());
    return Optional.of(
        new Match(
            nodes,
            new MlaPreprocess(
                queryLatent == null ? null : queryLatent.linear(),
                queryLatent == null ? null : queryLatent.rmsNorm(),
                queries.linear(),
                latent.linear(),
                latent.rmsNorm(),
                MlaFlow.op(rope, RotaryEmbedding.class),
                (ConcatAndCacheMla) write.op(),
                absorb)));
  }
}
