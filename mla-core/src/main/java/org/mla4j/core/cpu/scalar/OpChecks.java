package org.mla4j.core.cpu.scalar;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Support;
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
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;

/**
 * What each op needs of its values and weights before a kernel of the {@code cpu} backend can run
 * it.
 */
final class OpChecks {
  private OpChecks() {}

  static Support check(Op op) {
    Reasons reasons = new Reasons();
    switch (op) {
      case AbsorbQuery absorb -> check(absorb, reasons);
      case Add add -> check(add, reasons);
      case ConcatAndCacheMla concat -> check(concat, reasons);
      case CopyBlocks _ -> {
        // Blocks of every cache are ranges of bytes.
      }
      case CopyTo copy -> check(copy, reasons);
      case Embedding embedding -> check(embedding, reasons);
      case GatherCache gather -> check(gather, reasons);
      case GqaAttention attend -> check(attend, reasons);
      case Linear linear -> check(linear, reasons);
      case MergeAttentionStates merge -> check(merge, reasons);
      case MlaContextAttention attend -> check(attend, reasons);
      case MlaDecodeAttention decode -> check(decode, reasons);
      case MlaDecompressedAttention attend -> check(attend, reasons);
      case MlaPrefillAttention prefill -> check(prefill, reasons);
      case MoeGate gate -> check(gate, reasons);
      case ProjectValue project -> check(project, reasons);
      case RmsNorm norm -> check(norm, reasons);
      case RotaryEmbedding rotary -> check(rotary, reasons);
      case RoutedExperts experts -> check(experts, reasons);
      case Sample sample -> check(sample, reasons);
      case SelectRows select -> check(select, reasons);
      case SiluAndMul silu -> check(silu, reasons);
      case LayerCall layer ->
          reasons.require(false, "'" + layer.type() + "' is a whole layer; expected an op");
      case CompositeOp _, VendorOp _, FusedOp _ ->
          reasons.require(false, "has no kernel for '" + op.type() + "'");
    }
    return reasons.answer();
  }

  private static void check(Embedding op, Reasons reasons) {
    reasons
        .flat("out", op.out(), op.out().rowWidth())
        .tokenRows("out", op.out())
        .matrix("table", op.table(), op.out().rowWidth());
  }

  private static void check(RmsNorm op, Reasons reasons) {
    long width = op.hasHeads() ? headWidth(op.x()) : op.x().rowWidth();
    if (op.hasHeads()) {
      long heads = headCount(op.x());
      reasons.heads("x", op.x(), heads, width).heads("out", op.out(), heads, width);
    } else {
      reasons.flat("x", op.x(), width).flat("out", op.out(), width);
    }
    reasons.sameRows(op.x(), op.out()).weight("weight", op.weight(), width);
  }

  private static void check(Linear op, Reasons reasons) {
    long in = op.x().rowWidth();
    long out = op.out().rowWidth();
    reasons
        .flat("x", op.x(), in)
        .flat("out", op.out(), out)
        .sameRows(op.x(), op.out())
        .weight("weight", op.weight(), out, in);
    if (op.bias() != null) {
      reasons.weight("bias", op.bias(), out);
    }
  }

  private static void check(RotaryEmbedding op, Reasons reasons) {
    boolean keyHeads = Reasons.isHeads(op.k());
    long width = keyHeads ? headWidth(op.k()) : op.k().rowWidth();
    if (keyHeads) {
      reasons.heads("k", op.k(), headCount(op.k()), width);
    } else {
      reasons.flat("k", op.k(), width);
    }
    reasons
        .heads("q", op.q(), headCount(op.q()), width)
        .sameRows(op.q(), op.k())
        .tokenRows("q", op.q())
        .matrix("table", op.table(), width)
        .require(width % 2 == 0, "k is " + width + " elements wide; expected an even number");
  }

  private static void check(ConcatAndCacheMla op, Reasons reasons) {
    long latent = op.kvC().rowWidth();
    reasons.flat("kvC", op.kvC(), latent).tokenRows("kvC", op.kvC());
    if (op.kPe() == null) {
      reasons.cacheParts(op.cache(), latent);
    } else {
      long rope = op.kPe().rowWidth();
      reasons
          .cacheParts(op.cache(), latent, rope)
          .flat("kPe", op.kPe(), rope)
          .sameRows(op.kvC(), op.kPe());
    }
  }

  private static void check(CopyTo op, Reasons reasons) {
    reasons
        .sameRows(op.from(), op.to())
        .require(
            op.from().dtype() == op.to().dtype() && op.from().rowShape().equals(op.to().rowShape()),
            "from is " + op.from() + ", to is " + op.to() + "; expected one type and row shape");
  }

  private static void check(GqaAttention op, Reasons reasons) {
    long heads = headCount(op.q());
    long groups = headCount(op.k());
    long key = headWidth(op.q());
    long value = headWidth(op.v());
    reasons
        .heads("q", op.q(), heads, key)
        .heads("k", op.k(), groups, key)
        .heads("v", op.v(), groups, value)
        .heads("out", op.out(), heads, value)
        .sameRows(op.q(), op.k(), op.v(), op.out())
        .tokenRows("q", op.q())
        .cacheParts(op.cache(), groups * key, groups * value)
        .require(
            groups > 0 && heads % groups == 0,
            heads + " query heads for " + groups + " key heads; expected a multiple");
  }

  private static void check(AbsorbQuery op, Reasons reasons) {
    long heads = headCount(op.qNope());
    long latent = headWidth(op.qLatent());
    reasons
        .heads("qNope", op.qNope(), heads, headWidth(op.qNope()))
        .heads("qLatent", op.qLatent(), heads, latent)
        .sameRows(op.qNope(), op.qLatent());
    upProjection(op.kvB(), heads, headWidth(op.qNope()), latent, reasons);
  }

  private static void check(ProjectValue op, Reasons reasons) {
    long heads = headCount(op.out());
    long latent = headWidth(op.oLatent());
    reasons
        .heads("oLatent", op.oLatent(), heads, latent)
        .heads("out", op.out(), heads, headWidth(op.out()))
        .sameRows(op.oLatent(), op.out());
    upProjection(op.kvB(), heads, headWidth(op.out()), latent, reasons);
  }

  /** Each head has as many rows of the joint up-projection, at least those that the op uses. */
  private static void upProjection(
      WeightHandle kvB, long heads, long used, long latent, Reasons reasons) {
    reasons.matrix("kvB", kvB, latent);
    if (Reasons.isMatrix(kvB) && heads > 0) {
      long rows = kvB.shape().extent(0);
      reasons.require(
          rows % heads == 0 && rows / heads >= used,
          "kvB '"
              + kvB.name()
              + "' has "
              + rows
              + " rows; expected a multiple of "
              + heads
              + " heads with at least "
              + used
              + " rows each");
    }
  }

  private static void check(MlaDecodeAttention op, Reasons reasons) {
    long heads = headCount(op.qLatent());
    long latent = headWidth(op.qLatent());
    long rope = op.qPe() == null ? 0 : headWidth(op.qPe());
    reasons
        .heads("qLatent", op.qLatent(), heads, latent)
        .tokenRows("qLatent", op.qLatent())
        .heads("oLatent", op.oLatent(), heads, latent)
        .sameRows(op.qLatent(), op.oLatent())
        .cache(op.cache(), latent + rope);
    if (op.qPe() != null) {
      reasons.heads("qPe", op.qPe(), heads, rope).sameRows(op.qLatent(), op.qPe());
    }
    logSumExp(op.lse(), heads, op.qLatent(), reasons);
  }

  private static void check(MlaDecompressedAttention op, Reasons reasons) {
    long heads = headCount(op.q());
    long width = headWidth(op.q());
    long value = headWidth(op.out());
    long latent = Reasons.isMatrix(op.kvB()) ? op.kvB().shape().extent(1) : 0;
    long rope = op.cache().spec().rowWidth() - latent;
    long rows = heads * (width - rope + value);
    reasons
        .heads("q", op.q(), heads, width)
        .tokenRows("q", op.q())
        .heads("out", op.out(), heads, value)
        .sameRows(op.q(), op.out())
        .require(
            heads > 0 && rope >= 0 && rope < width,
            "a cache row of "
                + op.cache().spec().rowWidth()
                + " elements with a latent of "
                + latent
                + " and heads of "
                + width
                + "; expected latent and key, and a key narrower than a head")
        .weight("kvB", op.kvB(), rows, latent);
    if (op.kvBias() != null) {
      reasons.weight("kvBias", op.kvBias(), rows);
    }
    if (op.keyNorm() != null) {
      reasons.weight("keyNorm", op.keyNorm(), width);
    }
    if (op.ropeTable() != null) {
      reasons
          .matrix("ropeTable", op.ropeTable(), rope)
          .require(rope % 2 == 0, "a key of " + rope + " elements; expected an even number");
    }
  }

  private static void check(MlaPrefillAttention op, Reasons reasons) {
    decompressed(op.qNope(), op.qPe(), op.kNope(), op.kPe(), op.v(), op.out(), reasons);
    reasons.sameRows(op.qNope(), op.kNope());
    logSumExp(op.lse(), headCount(op.qNope()), op.qNope(), reasons);
  }

  private static void check(MlaContextAttention op, Reasons reasons) {
    decompressed(op.qNope(), op.qPe(), op.kNope(), op.kPe(), op.v(), op.out(), reasons);
    reasons.require(
        op.kNope().rows() == Rows.CONTEXT,
        "kNope has " + op.kNope().rows() + " rows; expected CONTEXT");
    logSumExp(op.lse(), headCount(op.qNope()), op.qNope(), reasons);
  }

  private static void decompressed(
      StepValue qNope,
      @Nullable StepValue qPe,
      StepValue kNope,
      @Nullable StepValue kPe,
      StepValue v,
      StepValue out,
      Reasons reasons) {
    long heads = headCount(qNope);
    long nope = headWidth(qNope);
    long value = headWidth(v);
    reasons
        .heads("qNope", qNope, heads, nope)
        .tokenRows("qNope", qNope)
        .heads("kNope", kNope, heads, nope)
        .heads("v", v, heads, value)
        .heads("out", out, heads, value)
        .sameRows(qNope, out)
        .sameRows(kNope, v)
        .require(
            (qPe == null) == (kPe == null), "qPe and kPe: one is missing; expected both or none");
    if (qPe != null && kPe != null) {
      long rope = kPe.rowWidth();
      reasons
          .heads("qPe", qPe, heads, rope)
          .flat("kPe", kPe, rope)
          .sameRows(qNope, qPe)
          .sameRows(kNope, kPe);
    }
  }

  private static void check(GatherCache op, Reasons reasons) {
    reasons
        .flat("out", op.out(), op.out().rowWidth())
        .require(
            op.out().rows() == Rows.CONTEXT,
            "out has " + op.out().rows() + " rows; expected CONTEXT")
        .cache(op.cache(), op.out().rowWidth());
  }

  private static void check(MergeAttentionStates op, Reasons reasons) {
    long heads = headCount(op.out());
    long width = headWidth(op.out());
    reasons
        .heads("prefix", op.prefix(), heads, width)
        .heads("out", op.out(), heads, width)
        .sameRows(op.prefix(), op.out());
    logSumExp(op.prefixLse(), heads, op.prefix(), reasons);
    logSumExp(op.lse(), heads, op.out(), reasons);
  }

  private static void logSumExp(
      @Nullable StepValue lse, long heads, StepValue query, Reasons reasons) {
    if (lse != null) {
      reasons.flat("lse", lse, heads).sameRows(query, lse);
    }
  }

  private static void check(Add op, Reasons reasons) {
    long width = op.x().rowWidth();
    reasons.flat("x", op.x(), width).flat("y", op.y(), width).sameRows(op.x(), op.y());
  }

  private static void check(SiluAndMul op, Reasons reasons) {
    long width = op.out().rowWidth();
    reasons
        .flat("gateUp", op.gateUp(), 2 * width)
        .flat("out", op.out(), width)
        .sameRows(op.gateUp(), op.out());
  }

  private static void check(MoeGate op, Reasons reasons) {
    long experts = op.spec().experts();
    reasons
        .flat("logits", op.logits(), experts)
        .flat("ids", op.ids(), op.spec().topK(), DType.I32)
        .flat("topKWeights", op.topKWeights(), op.spec().topK())
        .sameRows(op.logits(), op.ids(), op.topKWeights());
    if (op.correctionBias() != null) {
      reasons.weight("correctionBias", op.correctionBias(), experts);
    }
  }

  private static void check(RoutedExperts op, Reasons reasons) {
    long hidden = op.spec().hiddenSize();
    long inner = op.spec().intermediateSize();
    reasons
        .flat("x", op.x(), hidden)
        .flat("ids", op.ids(), op.spec().topK(), DType.I32)
        .flat("topKWeights", op.topKWeights(), op.spec().topK())
        .flat("out", op.out(), hidden)
        .sameRows(op.x(), op.ids(), op.topKWeights(), op.out())
        .require(
            op.experts().size() == op.spec().experts(),
            "weights of " + op.experts().size() + " experts; expected " + op.spec().experts());
    List<Expert> experts = op.experts();
    for (int i = 0; i < experts.size(); i++) {
      reasons
          .weight("gate of expert " + i, experts.get(i).gate(), inner, hidden)
          .weight("up of expert " + i, experts.get(i).up(), inner, hidden)
          .weight("down of expert " + i, experts.get(i).down(), hidden, inner);
    }
  }

  private static void check(SelectRows op, Reasons reasons) {
    long width = op.x().rowWidth();
    reasons
        .flat("x", op.x(), width)
        .flat("out", op.out(), width)
        .require(op.x().rows() == Rows.ALL, "x has " + op.x().rows() + " rows; expected ALL")
        .require(
            op.out().rows() == Rows.LOGITS,
            "out has " + op.out().rows() + " rows; expected LOGITS");
  }

  private static void check(Sample op, Reasons reasons) {
    reasons
        .flat("logits", op.logits(), op.logits().rowWidth())
        .flat("ids", op.ids(), 1, DType.I32)
        .require(
            op.logits().rows() == Rows.LOGITS && op.ids().rows() == Rows.LOGITS,
            "logits have "
                + op.logits().rows()
                + " rows, ids "
                + op.ids().rows()
                + "; expected LOGITS");
  }

  private static long headCount(StepValue value) {
    return Reasons.isHeads(value) ? value.rowShape().extent(0) : 0;
  }

  private static long headWidth(StepValue value) {
    return Reasons.isHeads(value) ? value.rowShape().extent(1) : 0;
  }
}
