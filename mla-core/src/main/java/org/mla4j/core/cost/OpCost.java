package org.mla4j.core.cost;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaDecompressedAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.op.Sample;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.op.VendorOp;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.cost.StepShape.Query;
import org.mla4j.core.plan.WholePlan;

/**
 * What each op costs, at the least: a weight is read once whatever the number of rows, a cache row
 * once whatever the number of heads and of new tokens. Values of the step are not counted: they are
 * meant to stay in the processor's caches.
 */
public final class OpCost {
  /** Of a score in attention: scale, subtract the largest, exponential, sum. */
  private static final int SOFTMAX = 4;

  /** Of an element that is normed: square and sum, times the root, times the weight. */
  private static final int NORM = 4;

  /** Of an element that is rotated: two products and a sum. */
  private static final int ROTATE = 3;

  /** Of an element of a gate: exponential, sum, quotient, product. */
  private static final int SILU = 4;

  /** Of an expert's score: as the soft-max of attention. */
  private static final int SCORE = 4;

  /** Of an element that is merged: two products and a sum. */
  private static final int MERGE = 3;

  private final StepShape step;

  private OpCost(StepShape step) {
    this.step = step;
  }

  /**
   * Counts what a node costs in a step.
   *
   * @param node a node of a plan
   * @param step the step
   * @return the cost; empty for a layer or an op whose inside is a backend's own affair
   */
  public static Optional<Cost> of(Node node, StepShape step) {
    return new OpCost(step).cost(node.op(), node.rows());
  }

  /**
   * Counts how many experts a number of tokens is expected to use, if each of them takes any expert
   * as likely as any other, whatever the other tokens take: {@code E (1 - (1 - k / E)^T)}.
   *
   * @param experts how many there are, E
   * @param topK how many a token uses, k
   * @param tokens how many tokens, T
   * @return the expected number of distinct experts
   */
  public static double expectedExperts(int experts, int topK, long tokens) {
    return experts * (1 - Math.pow(1 - (double) topK / experts, (double) tokens));
  }

  private Optional<Cost> cost(Op op, Rows rows) {
    return switch (op) {
      case LayerCall _, VendorOp _ -> Optional.empty();
      case WholePlan whole -> sum(whole.nodes());
      case CompositeOp _ -> Optional.empty();
      case FusedOp fused ->
          sum(fused.parts().stream().map(part -> new Node("", "", rows, part)).toList());
      case Linear linear -> Optional.of(linear(linear));
      case AbsorbQuery absorb -> Optional.of(headProducts(absorb.qNope(), absorb.kvB()));
      case ProjectValue project -> Optional.of(headProducts(project.out(), project.kvB()));
      case RoutedExperts experts -> Optional.of(routed(experts));
      case MlaDecodeAttention attention -> Optional.of(decode(attention));
      case MlaPrefillAttention attention -> Optional.of(prefill(attention));
      case MlaContextAttention attention -> Optional.of(context(attention));
      case MlaDecompressedAttention attention -> Optional.of(decompressed(attention));
      case GqaAttention attention -> Optional.of(grouped(attention));
      case MergeAttentionStates merge ->
          Optional.of(elements(merge.out(), MERGE).times(step.runs(rows)));
      case ConcatAndCacheMla concat ->
          Optional.of(Cost.cache(rows(concat.kvC()) * rowBytes(concat.cache())));
      case GatherCache gather ->
          Optional.of(Cost.cache(rows(gather.out()) * rowBytes(gather.cache())));
      case Embedding embedding -> Optional.of(embedding(embedding));
      case RmsNorm norm ->
          Optional.of(elements(norm.x(), NORM).plus(read(norm.x(), norm.weight())));
      case RotaryEmbedding rotary -> Optional.of(rotary(rotary));
      case MoeGate gate -> Optional.of(gate(gate));
      case Add add -> Optional.of(elements(add.x(), add.factor() == 1 ? 1 : 2));
      case SiluAndMul silu -> Optional.of(elements(silu.out(), SILU));
      case Sample sample -> Optional.of(elements(sample.logits(), 1));
      case CopyBlocks _, CopyTo _, SelectRows _ -> Optional.of(Cost.NONE);
    };
  }

  /** A part whose cost nobody knows leaves that of the whole unknown. */
  private Optional<Cost> sum(List<Node> nodes) {
    Cost sum = Cost.NONE;
    for (Node node : nodes) {
      Optional<Cost> cost = cost(node.op(), node.rows());
      if (cost.isEmpty()) {
        return cost;
      }
      sum = sum.plus(cost.get());
    }
    return Optional.of(sum);
  }

  private Cost linear(Linear op) {
    Cost product =
        Cost.flops(2.0 * rows(op.x()) * op.weight().shape().elements())
            .plus(read(op.x(), op.weight()));
    return op.bias() == null
        ? product
        : product.plus(elements(op.out(), 1)).plus(read(op.x(), op.bias()));
  }

  /**
   * One half of the joint up-projection: as many of its rows as all heads are wide, {@code [N, W]}.
   */
  private Cost headProducts(StepValue heads, WeightHandle kvB) {
    long latent = kvB.shape().extent(1);
    long outputs = heads.rowShape().elements();
    double bytes = kvB.dtype().byteCount(outputs * latent);
    return new Cost(2.0 * rows(heads) * outputs * latent, bytes * step.runs(heads.rows()), 0);
  }

  private Cost routed(RoutedExperts op) {
    long tokens = rows(op.x());
    int topK = op.ids().rowWidth();
    double used = expectedExperts(op.experts().size(), topK, tokens);
    double bytes = 0;
    double flops = 0;
    for (Expert expert : op.experts()) {
      bytes += bytes(expert.gate()) + bytes(expert.up()) + bytes(expert.down());
      flops += ofToken(expert);
    }
    int experts = op.experts().size();
    return new Cost(tokens * topK * flops / experts, used * bytes / experts, 0);
  }

  /** Gate, up and down; the product of the first two; the weighted sum of outputs. */
  private static double ofToken(Expert expert) {
    double inner = expert.gate().shape().extent(0);
    double hidden = expert.gate().shape().extent(1);
    return 6 * inner * hidden + SILU * inner + 2 * hidden;
  }

  private Cost decode(MlaDecodeAttention op) {
    double pairs = 0;
    double cached = 0;
    for (Query query : step.of(op.qLatent().rows())) {
      pairs += query.pairs();
      cached += query.context() + query.count();
    }
    long heads = op.qLatent().rowShape().extent(0);
    long latent = op.qLatent().rowShape().extent(1);
    double perPair = 2 * (latent + width(op.qPe())) + 2 * latent + SOFTMAX;
    return new Cost(pairs * heads * perPair, 0, cached * rowBytes(op.cache()));
  }

  private Cost prefill(MlaPrefillAttention op) {
    double pairs = step.of(op.qNope().rows()).stream().mapToDouble(Query::newPairs).sum();
    return decompressedPairs(pairs, op.qNope(), op.qPe(), op.v());
  }

  private Cost context(MlaContextAttention op) {
    double pairs = step.of(op.qNope().rows()).stream().mapToDouble(Query::contextPairs).sum();
    return decompressedPairs(pairs, op.qNope(), op.qPe(), op.v());
  }

  private static Cost decompressedPairs(
      double pairs, StepValue query, @Nullable StepValue rope, StepValue value) {
    long heads = query.rowShape().extent(0);
    return Cost.flops(pairs * heads * (2 * (width(query) + width(rope) + width(value)) + SOFTMAX));
  }

  /**
   * All keys and values so far are decompressed, then normed and rotated where the call says so.
   */
  private Cost decompressed(MlaDecompressedAttention op) {
    double pairs = 0;
    double cached = 0;
    for (Query query : step.of(op.q().rows())) {
      pairs += query.pairs();
      cached += query.context() + query.count();
    }
    long heads = op.q().rowShape().extent(0);
    double ofKey =
        2.0 * op.kvB().shape().elements()
            + (op.kvBias() == null ? 0 : op.kvBias().shape().elements())
            + (op.keyNorm() == null ? 0 : NORM * heads * width(op.q()))
            + (op.ropeTable() == null ? 0 : ROTATE * heads * op.ropeTable().shape().extent(1));
    double ofPair = heads * (2.0 * (width(op.q()) + width(op.out())) + SOFTMAX);
    double weights = 0;
    for (WeightHandle weight : op.weights()) {
      weights += weight.equals(op.ropeTable()) ? 0 : bytes(weight);
    }
    return new Cost(
        cached * ofKey + pairs * ofPair,
        weights * step.runs(op.q().rows()),
        cached * rowBytes(op.cache()));
  }

  /** Rows of new tokens are written, then read with the others. */
  private Cost grouped(GqaAttention op) {
    double pairs = 0;
    double touched = 0;
    for (Query query : step.of(op.q().rows())) {
      pairs += query.pairs();
      touched += query.context() + 2.0 * query.count();
    }
    long heads = op.q().rowShape().extent(0);
    return new Cost(
        pairs * heads * (2.0 * (width(op.q()) + width(op.v())) + SOFTMAX),
        0,
        touched * rowBytes(op.cache()));
  }

  private Cost embedding(Embedding op) {
    double row = op.table().dtype().byteCount(op.out().rowWidth());
    return elements(op.out(), op.factor() == 1 ? 0 : 1).plus(new Cost(0, rows(op.out()) * row, 0));
  }

  private Cost rotary(RotaryEmbedding op) {
    double row = op.table().dtype().byteCount(op.table().shape().extent(1));
    return elements(op.q(), ROTATE)
        .plus(elements(op.k(), ROTATE))
        .plus(new Cost(0, rows(op.q()) * row, 0));
  }

  private Cost gate(MoeGate op) {
    Cost scores = elements(op.logits(), SCORE);
    return op.correctionBias() == null
        ? scores
        : scores.plus(elements(op.logits(), 1)).plus(read(op.logits(), op.correctionBias()));
  }

  private Cost elements(StepValue value, int each) {
    return Cost.flops((double) rows(value) * value.rowWidth() * each);
  }

  /** A weight that is read whole, as often as such rows are worked on. */
  private Cost read(StepValue rows, WeightHandle weight) {
    return new Cost(0, bytes(weight) * step.runs(rows.rows()), 0);
  }

  private long rows(StepValue value) {
    return step.rows(value.rows());
  }

  private static double bytes(WeightHandle weight) {
    return weight.dtype().byteCount(weight.shape().elements());
  }

  private static double rowBytes(CacheValue cache) {
    return cache.spec().bytesPerToken();
  }

  private static double width(@Nullable StepValue heads) {
    return heads == null ? 0 : heads.rowShape().extent(-1);
  }
}
