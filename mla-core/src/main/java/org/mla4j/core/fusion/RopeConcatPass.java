package org.mla4j.core.fusion;

import java.util.ArrayList;
import java.util.List;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.RopeConcatAndCacheMla;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.plan.FusionPass;
import org.mla4j.api.plan.Node;
import org.mla4j.api.plan.StepGraph;

/** A cache write of a key that was just rotated. */
final class RopeConcatPass implements FusionPass {
  @Override
  public String fusedType() {
    return RopeConcatAndCacheMla.TYPE;
  }

  @Override
  public List<Match> matches(StepGraph graph) {
    List<Match> matches = new ArrayList<>();
    for (Node write : MlaFlow.cacheWrites(graph)) {
      MlaFlow.rope(graph, write)
          .ifPresent(rope ->
              matches.add(
                  new Match(
                      List.of(rope, write),
                      new RopeConcatAndCacheMla(
                          (RotaryEmbedding) rope.op(), (ConcatAndCacheMla) write.op()))));
    }
    return matches;
  }
}
