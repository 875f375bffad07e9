package org.mla4j.core.fusion;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.layer.MlaAttention;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RmsNormRopeConcatAndCacheMla;
import org.mla4j.api.op.RopeConcatAndCacheMla;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.plan.Node;
import org.mla4j.api.plan.StepGraph;
import org.mla4j.api.value.StepValue;

/** How an MLA layer comes to what it writes to its cache and to what it absorbs. */
final class MlaFlow {
  private MlaFlow() {}

  /**
   * A projection, and the norm behind it if there is one.
   *
   * @param projection a {@link Linear}
   * @param norm a {@link RmsNorm}; null for none
   */
  record Projected(Node projection, @Nullable Node norm) {
    Linear linear() {
      return (Linear) projection.op();
    }

    @Nullable RmsNorm rmsNorm() {
      return norm == null ? null : (RmsNorm) norm.op();
    }
  }

  /**
   * Where queries come from.
   *
   * @param projection makes the queries of all heads, a {@link Linear}
   * @param latent makes the query latent that it reads; null without a query LoRA
   * @param reader absorbs them, or attends with them
   */
  record Queries(Node projection, @Nullable Projected latent, Node reader) {
    Linear linear() {
      return (Linear) projection.op();
    }

    /** The projection that reads the hidden states. */
    Node first() {
      return latent == null ? projection : latent.projection();
    }
  }

  /** Nodes in the order of the plan, without those that are not there. */
  static List<Node> inOrder(StepGraph graph, @Nullable Node... nodes) {
    List<Node> given = new ArrayList<>();
    for (Node node : nodes) {
      if (node != null) {
        given.add(node);
      }
    }
    return graph.nodes().stream().filter(given::contains).toList();
  }

  /** The cache writes of a plan. */
  static List<Node> cacheWrites(StepGraph graph) {
    return graph.nodes().stream().filter(node -> node.op() instanceof ConcatAndCacheMla).toList();
  }

  /** The node that rotated the key which a cache write takes. */
  static Optional<Node> rope(StepGraph graph, Node write) {
    StepValue key = ((ConcatAndCacheMla) write.op()).kPe();
    if (key == null) {
      return Optional.empty();
    }
    return graph
        .writer(key, write)
        .filter(before -> before.op() instanceof RotaryEmbedding rope && rope.k().equals(key));
  }

  /** The node that normed the latent which a cache write takes. */
  static Optional<Node> norm(StepGraph graph, Node write) {
    return norm(graph, ((ConcatAndCacheMla) write.op()).kvC(), write);
  }

  /** The latent, normed or not, that a node takes to the cache or to attention; null for none. */
  static @Nullable StepValue latentOf(Node node) {
    return switch (node.op()) {
      case ConcatAndCacheMla concat -> concat.kvC();
      case RopeConcatAndCacheMla fused -> fused.concat().kvC();
      case RmsNormRopeConcatAndCacheMla fused -> fused.norm().x();
      case MlaAttention attention -> attention.kvC();
      default -> null;
    };
  }

  /** The projection that made the latent which a node takes, if it takes one. */
  static Optional<Projected> latent(StepGraph graph, Node node) {
    StepValue latent = latentOf(node);
    return latent == null ? Optional.empty() : projected(graph, latent, node);
  }

  /** The queries of the layer of a node. */
  static Optional<Queries> queries(StepGraph graph, Node inLayer) {
    for (Node node : graph.nodes()) {
      StepValue queries = node.layer().equals(inLayer.layer()) ? queriesOf(node) : null;
      if (queries != null) {
        return queries(graph, queries, node);
      }
    }
    return Optional.empty();
  }

  /** The queries, or their latent, that a node absorbs or attends with; null for none. */
  private static @Nullable StepValue queriesOf(Node node) {
    return switch (node.op()) {
      case AbsorbQuery absorb -> absorb.qNope();
      case MlaAttention attention when attention.kvC() != null -> attention.query();
      default -> null;
    };
  }

  /** What lies behind the queries is a query latent only if it is made in the same layer. */
  private static Optional<Queries> queries(StepGraph graph, StepValue queries, Node absorb) {
    return linear(graph, queries, absorb)
        .map(projection -> {
          StepValue source = ((Linear) projection.op()).x();
          Optional<Projected> latent =
              projected(graph, source, projection)
                  .filter(found -> found.projection().layer().equals(absorb.layer()));
          return new Queries(projection, latent.orElse(null), absorb);
        });
  }

  /** The projection behind a value, and the norm in between. */
  private static Optional<Projected> projected(StepGraph graph, StepValue value, Node reader) {
    Node norm = norm(graph, value, reader).orElse(null);
    StepValue made = norm == null ? value : ((RmsNorm) norm.op()).x();
    return linear(graph, made, norm == null ? reader : norm)
        .map(projection -> new Projected(projection, norm));
  }

  private static Optional<Node> norm(StepGraph graph, StepValue value, Node reader) {
    return graph
        .writer(value, reader)
        .filter(before ->
            before.op() instanceof RmsNorm norm
                && norm.out().equals(value)
                && !norm.x().root().equals(value.root()));
  }

  private static Optional<Node> linear(StepGraph graph, StepValue value, Node reader) {
    return graph.writer(value, reader).filter(before -> before.op() instanceof Linear);
  }

  static <T extends Op> @Nullable T op(@Nullable Node node, Class<T> type) {
    return node == null ? null : Objects.requireNonNull(type.cast(node.op()));
  }
}
