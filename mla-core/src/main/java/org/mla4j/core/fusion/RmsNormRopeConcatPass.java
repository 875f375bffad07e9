package org.mla4j.core.fusion;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RmsNormRopeConcatAndCacheMla;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.plan.FusionPass;
import org.mla4j.api.plan.Node;
import org.mla4j.api.plan.StepGraph;

/** A cache write of a latent that was just normed, with the rope of its key if it has one. */
final class RmsNormRopeConcatPass implements FusionPass {
  @Override
  public String fusedType() {
    return RmsNormRopeConcatAndCacheMla.TYPE;
  }

  @Override
  public List<Match> matches(StepGraph graph) {
    List<Match> matches = new ArrayList<>();
    for (Node write : MlaFlow.cacheWrites(graph)) {
      @Nullable Node rope = MlaFlow.rope(graph, write).orElse(null);
      MlaFlow.norm(graph, write)
          .ifPresent(norm ->
              matches.add(
                  new Match(
                      MlaFlow.inOrder(graph, norm, rope, write),
                      new RmsNormRopeConcatAndCacheMla(
                          (RmsNorm) norm.op(),
                          MlaFlow.op(rope, RotaryEmbedding.class),
                          (ConcatAndCacheMla) write.op()))));
    }
    return matches;
  }
}
