package org.mla4j.tck.plain;

import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.layer.MlaAttention;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.Sample;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;

/** Why the shapes of an op do not fit together. */
final class ShapeReasons {
  private final List<String> reasons = new ArrayList<>();

  private ShapeReasons() {}

  static List<String> against(Op op) {
    ShapeReasons found = new ShapeReasons();
    found.check(op);
    return found.reasons;
  }

  private void check(Op op) {
    switch (op) {
      case AbsorbQuery it -> upProjection(it.qNope(), it.kvB(), it.qLatent(), true);
      case Add it -> row(it.y(), it.x().rowWidth());
      case AddSilu it -> row(it.y(), it.x().rowWidth());
      case ConcatAndCacheMla it -> cache(it.cache(), it.kvC(), it.kPe());
      case CopyTo it ->
          require(
              it.from().dtype() == it.to().dtype()
                  && it.from().rowShape().equals(it.to().rowShape())
                  && it.from().rows() == it.to().rows(),
              it.from() + " cannot be copied to " + it.to());
      case Embedding it -> weight(it.table(), -1, it.out().rowWidth());
      case FusedOp it -> it.parts().forEach(this::check);
      case GatherCache it -> row(it.out(), it.cache().spec().rowWidth());
      case GqaAttention it -> grouped(it);
      case Linear it -> {
        weight(it.weight(), it.out().rowWidth(), it.x().rowWidth());
        optional(it.bias(), it.out().rowWidth());
      }
      case MergeAttentionStates it -> {
        heads(it.out());
        require(
            it.prefix().rowShape().equals(it.out().rowShape()),
            it.prefix() + " cannot be merged with " + it.out());
        perHead(it.lse(), it.out());
        perHead(it.prefixLse(), it.out());
      }
      case MlaAttention it -> attention(it);
      case MlaContextAttention it ->
          decompressed(it.qNope(), it.qPe(), it.kNope(), it.kPe(), it.v(), it.out(), it.lse());
      case MlaPrefillAttention it ->
          decompressed(it.qNope(), it.qPe(), it.kNope(), it.kPe(), it.v(), it.out(), it.lse());
      case MlaDecodeAttention it -> decode(it);
      case MoeGate it -> {
        row(it.logits(), it.spec().experts());
        row(it.ids(), it.spec().topK());
        row(it.topKWeights(), it.spec().topK());
        optional(it.correctionBias(), it.spec().experts());
      }
      case ProjectValue it -> upProjection(it.out(), it.kvB(), it.oLatent(), false);
      case RmsNorm it -> {
        row(it.out(), it.x().rowWidth());
        weight(it.weight(), it.x().rowWidth());
      }
      case RotaryEmbedding it -> rotary(it);
      case RoutedExperts it -> experts(it);
      case Sample it -> row(it.ids(), 1);
      case SelectRows it -> row(it.out(), it.x().rowWidth());
      case SiluAndMul it -> row(it.gateUp(), 2L * it.out().rowWidth());
      default -> {}
    }
  }

  private void require(boolean holds, String otherwise) {
    if (!holds) {
      reasons.add(otherwise);
    }
  }

  private void row(StepValue value, long width) {
    require(value.rowWidth() == width, value + "; expected rows of " + width + " elements");
  }

  private boolean heads(StepValue value) {
    Shape shape = value.rowShape();
    boolean fits = shape.rank() == 2 && shape.elements() > 0;
    require(fits, value + "; expected rows of [heads, width]");
    return fits;
  }

  private void perHead(@Nullable StepValue value, StepValue heads) {
    if (value != null && heads.rowShape().rank() > 0) {
      row(value, heads.rowShape().extent(0));
    }
  }

  /** Checks the shape of a weight; an extent of -1 may be anything. */
  private boolean weight(WeightHandle weight, long... extents) {
    Shape shape = weight.shape();
    boolean fits = shape.rank() == extents.length && shape.elements() > 0;
    for (int axis = 0; fits && axis < extents.length; axis++) {
      fits = extents[axis] < 0 || shape.extent(axis) == extents[axis];
    }
    require(fits, "weight '" + weight.name() + "' is " + shape + "; expected " + text(extents));
    return fits;
  }

  private static String text(long... extents) {
    StringJoiner text = new StringJoiner(", ", "[", "]");
    for (long extent : extents) {
      text.add(extent < 0 ? "any" : Long.toString(extent));
    }
    return text.toString();
  }

  private void optional(@Nullable WeightHandle weight, long width) {
    if (weight != null) {
      weight(weight, width);
    }
  }

  private void cache(CacheValue cache, StepValue first, @Nullable StepValue second) {
    int parts = second == null ? 1 : 2;
    require(
        cache.spec().parts().size() == parts,
        "a cache row of " + cache.spec().parts().size() + " parts; expected " + parts);
    row(first, cache.spec().parts().getFirst().width());
    if (second != null) {
      row(second, cache.spec().parts().getLast().width());
    }
  }

  /** The joint up-projection beside heads of keys or values, and heads of latents. */
  private void upProjection(StepValue own, WeightHandle kvB, StepValue latent, boolean keys) {
    if (heads(own) && heads(latent) && weight(kvB, -1, latent.rowShape().extent(1))) {
      long count = own.rowShape().extent(0);
      long rows = kvB.shape().extent(0);
      require(
          latent.rowShape().extent(0) == count
              && rows % count == 0
              && rows / count >= own.rowShape().extent(1) + (keys ? 0 : 1),
          "weight '" + kvB.name() + "' has " + rows + " rows, which do not fit " + own);
    }
  }

  private void grouped(GqaAttention op) {
    if (heads(op.q()) && heads(op.k()) && heads(op.v()) && heads(op.out())) {
      long groups = op.k().rowShape().extent(0);
      require(
          op.q().rowShape().extent(0) % groups == 0
              && op.v().rowShape().extent(0) == groups
              && op.q().rowShape().extent(1) == op.k().rowShape().extent(1),
          op.q() + " does not fit " + op.k() + " and " + op.v());
      row(op.out(), op.q().rowShape().extent(0) * op.v().rowShape().extent(1));
      cache(op.cache(), op.k(), op.v());
    }
  }

  private void decompressed(
      StepValue qNope,
      @Nullable StepValue qPe,
      StepValue kNope,
      @Nullable StepValue kPe,
      StepValue v,
      StepValue out,
      @Nullable StepValue lse) {
    if (heads(qNope) && heads(kNope) && heads(v) && heads(out)) {
      require(
          qNope.rowShape().equals(kNope.rowShape())
              && v.rowShape().equals(out.rowShape())
              && v.rowShape().extent(0) == qNope.rowShape().extent(0),
          qNope + " does not fit " + kNope + ", " + v + " and " + out);
      perHead(lse, out);
      require((qPe == null) == (kPe == null), "rotary queries without rotary keys");
      if (qPe != null && kPe != null && heads(qPe)) {
        row(kPe, qPe.rowShape().extent(1));
        row(qPe, qPe.rowShape().extent(1) * qNope.rowShape().extent(0));
      }
    }
  }

  private void decode(MlaDecodeAttention op) {
    if (heads(op.qLatent()) && heads(op.oLatent())) {
      Shape latent = op.qLatent().rowShape();
      require(
          latent.equals(op.oLatent().rowShape()), op.qLatent() + " does not fit " + op.oLatent());
      perHead(op.lse(), op.oLatent());
      long width = latent.extent(1);
      if (op.qPe() != null && heads(op.qPe())) {
        row(op.qPe(), latent.extent(0) * op.qPe().rowShape().extent(1));
        width += op.qPe().rowShape().extent(1);
      }
      require(
          op.cache().spec().parts().getFirst().width() == latent.extent(1)
              && op.cache().spec().rowWidth() == width,
          "cache rows of " + op.cache().spec().parts() + " do not fit queries of " + width);
    }
  }

  private void rotary(RotaryEmbedding op) {
    if (heads(op.q())) {
      long width = op.q().rowShape().extent(1);
      row(op.k(), width);
      weight(op.table(), -1, width);
      require(width % 2 == 0, "a rotary part of " + width + " elements has no pairs");
    }
  }

  private void experts(RoutedExperts op) {
    row(op.out(), op.x().rowWidth());
    row(op.topKWeights(), op.ids().rowWidth());
    require(
        op.experts().size() == op.spec().experts(),
        op.experts().size() + " experts; expected " + op.spec().experts());
    for (RoutedExperts.Expert expert : op.experts()) {
      weight(expert.gate(), op.spec().intermediateSize(), op.x().rowWidth());
      weight(expert.up(), op.spec().intermediateSize(), op.x().rowWidth());
      weight(expert.down(), op.out().rowWidth(), op.spec().intermediateSize());
    }
  }

  /** What the op itself does not check. */
  private void attention(MlaAttention op) {
    int height = op.spec().qkNopeHeadDim() + op.spec().vHeadDim();
    WeightHandle kvB = op.weightsByRole().kvBProj().weight();
    weight(kvB, (long) op.spec().numHeads() * height, op.spec().kvLoraRank());
    require(
        op.cache().spec().rowWidth() == op.spec().kvLoraRank() + op.spec().qkRopeHeadDim(),
        "cache rows of " + op.cache().spec().parts() + " do not fit " + op.spec().cache().parts());
    if (op.kvC() != null) {
      row(op.kvC(), op.spec().kvLoraRank());
    }
    if (op.kPe() != null) {
      row(op.kPe(), op.spec().qkRopeHeadDim());
    }
    if (op.queryRope() != null && heads(op.queryRope())) {
      row(op.queryRope(), (long) op.spec().numHeads() * op.spec().qkRopeHeadDim());
    }
  }
}
