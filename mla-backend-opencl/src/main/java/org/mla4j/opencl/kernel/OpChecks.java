package org.mla4j.opencl.kernel;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.GatherCache;
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
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.op.Sample;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.opencl.device.DeviceInfo;

/** What each op needs of its values and weights before a kernel can run it. */
final class OpChecks {
  private OpChecks() {}

  static Support check(Op op, DeviceInfo device) {
    Reasons reasons = new Reasons();
    reasons.require(
        device.largestGroup() >= Groups.ITEMS,
        "the device has work-groups of at most "
            + device.largestGroup()
            + " items; expected "
            + Groups.ITEMS);
    for (WeightHandle weight : op.weights()) {
      // At most: what is stored in a form that kernels read takes less.
      long bytes = 4 * weight.shape().elements();
      reasons.require(
          weight.isPlain() || bytes <= device.largestBuffer(),
          "weight '"
              + weight.name()
              + "' takes "
              + bytes
              + " bytes; the device's buffers have at most "
              + device.largestBuffer());
    }
    switch (op) {
      case AbsorbQuery absorb -> check(absorb, reasons);
      case Add add -> check(add, reasons);
      case ConcatAndCacheMla concat -> check(concat, reasons);
      case CopyBlocks copy -> reasons.cache(copy.cache(), copy.cache().spec().rowWidth());
      case CopyTo copy -> check(copy, reasons);
      case Embedding embedding -> check(embedding, reasons);
      case GatherCache gather -> check(gather, reasons);
      case Linear linear -> check(linear, reasons);
      case MergeAttentionStates merge -> check(merge, reasons);
      case MlaContextAttention attend -> check(attend, reasons);
      case MlaDecodeAttention attend -> check(attend, reasons);
      case MlaPrefillAttention attend -> check(attend, reasons);
      case MoeGate gate -> check(gate, device, reasons);
      case ProjectValue project -> check(project, reasons);
      case RmsNorm norm -> check(norm, reasons);
      case RotaryEmbedding rotary -> check(rotary, reasons);
      case RoutedExperts experts -> check(experts, device, reasons);
      case Sample sample -> check(sample, device, reasons);
      case SelectRows select -> check(select, reasons);
      case SiluAndMul silu -> check(silu, reasons);
      default -> reasons.require(false, "has no kernel for '" + op.type() + "'");
    }
    return reasons.answer();
  }

  private static void check(AbsorbQuery op, Reasons reasons) {
    long heads = Reasons.headCount(op.qNope());
    long latent = Reasons.headWidth(op.qLatent());
    reasons
        .heads("qNope", op.qNope(), heads, Reasons.headWidth(op.qNope()))
        .heads("qLatent", op.qLatent(), heads, latent)
        .sameRows(op.qNope(), op.qLatent());
    upProjection(op.kvB(), heads, Reasons.headWidth(op.qNope()), latent, reasons);
  }

  private static void check(ProjectValue op, Reasons reasons) {
    long heads = Reasons.headCount(op.out());
    long latent = Reasons.headWidth(op.oLatent());
    reasons
        .heads("oLatent", op.oLatent(), heads, latent)
        .heads("out", op.out(), heads, Reasons.headWidth(op.out()))
        .sameRows(op.oLatent(), op.out());
    upProjection(op.kvB(), heads, Reasons.headWidth(op.out()), latent, reasons);
  }

  /** Each head has as many rows of the joint up-projection, at least those that the op uses. */
  private static void upProjection(
      WeightHandle kvB, long heads, long used, long latent, Reasons reasons) {
    reasons.matrix("kvB", kvB, latent);
    if (kvB.shape().rank() == 2 && heads > 0) {
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

  private static void check(MoeGate op, DeviceInfo device, Reasons reasons) {
    long experts = op.spec().experts();
    reasons
        .flat("logits", op.logits(), experts)
        .flat("ids", op.ids(), op.spec().topK(), DType.I32)
        .flat("topKWeights", op.topKWeights(), op.spec().topK())
        .sameRows(op.logits(), op.ids(), op.topKWeights())
        .require(
            MoeGateKernel.localBytes(op.spec()) <= device.localBytes(),
            experts
                + " experts need "
                + MoeGateKernel.localBytes(op.spec())
                + " bytes of local memory; the device has "
                + device.localBytes());
    if (op.correctionBias() != null) {
      reasons.weight("correctionBias", op.correctionBias(), experts);
    }
  }

  private static void check(RoutedExperts op, DeviceInfo device, Reasons reasons) {
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
    long bytes = RoutedExpertsKernel.largestBuffer(op);
    reasons.require(
        bytes <= device.largestBuffer(),
        "one part of all experts has "
            + bytes
            + " bytes; the device's buffers have at most "
            + device.largestBuffer());
  }

  private static void check(Add op, Reasons reasons) {
    long width = op.x().rowWidth();
    reasons.flat("x", op.x(), width).flat("y", op.y(), width).sameRows(op.x(), op.y());
  }

  private static void check(CopyTo op, Reasons reasons) {
    reasons
        .sameRows(op.from(), op.to())
        .copyable("from", op.from())
        .copyable("to", op.to())
        .require(
            op.from().dtype() == op.to().dtype() && op.from().rowShape().equals(op.to().rowShape()),
            "from is " + op.from() + ", to is " + op.to() + "; expected one type and row shape");
  }

  private static void check(Embedding op, Reasons reasons) {
    reasons
        .flat("out", op.out(), op.out().rowWidth())
        .tokenRows("out", op.out())
        .matrix("table", op.table(), op.out().rowWidth());
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

  private static void check(ConcatAndCacheMla op, Reasons reasons) {
    long latent = op.kvC().rowWidth();
    reasons.flat("kvC", op.kvC(), latent).tokenRows("kvC", op.kvC());
    if (op.kPe() == null) {
      reasons.cache(op.cache(), latent);
    } else {
      long rope = op.kPe().rowWidth();
      reasons
          .cache(op.cache(), latent, rope)
          .flat("kPe", op.kPe(), rope)
          .sameRows(op.kvC(), op.kPe());
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

  private static void check(MlaDecodeAttention op, Reasons reasons) {
    long heads = Reasons.headCount(op.qLatent());
    long latent = Reasons.headWidth(op.qLatent());
    long rope = op.qPe() == null ? 0 : Reasons.headWidth(op.qPe());
    reasons
        .heads("qLatent", op.qLatent(), heads, latent)
        .tokenRows("qLatent", op.qLatent())
        .heads("oLatent", op.oLatent(), heads, latent)
        .sameRows(op.qLatent(), op.oLatent())
        .cache(op.cache(), latent + rope);
    if (op.qPe() != null) {
      reasons.heads("qPe", op.qPe(), heads, rope).sameRows(op.qLatent(), op.qPe());
    }
    logSumExp("lse", op.lse(), op.oLatent(), reasons);
  }

  private static void check(MlaPrefillAttention op, Reasons reasons) {
    decompressed(op.qNope(), op.qPe(), op.kNope(), op.kPe(), op.v(), op.out(), reasons);
    reasons.sameRows(op.qNope(), op.kNope());
    logSumExp("lse", op.lse(), op.out(), reasons);
  }

  private static void check(MlaContextAttention op, Reasons reasons) {
    decompressed(op.qNope(), op.qPe(), op.kNope(), op.kPe(), op.v(), op.out(), reasons);
    reasons.require(
        op.kNope().rows() == Rows.CONTEXT,
        "kNope has " + op.kNope().rows() + " rows; expected CONTEXT");
    logSumExp("lse", op.lse(), op.out(), reasons);
  }

  private static void decompressed(
      StepValue qNope,
      @Nullable StepValue qPe,
      StepValue kNope,
      @Nullable StepValue kPe,
      StepValue v,
      StepValue out,
      Reasons reasons) {
    long heads = Reasons.headCount(qNope);
    long nope = Reasons.headWidth(qNope);
    long value = Reasons.headWidth(v);
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

  private static void check(MergeAttentionStates op, Reasons reasons) {
    long heads = Reasons.headCount(op.out());
    long width = Reasons.headWidth(op.out());
    reasons
        .heads("prefix", op.prefix(), heads, width)
        .heads("out", op.out(), heads, width)
        .sameRows(op.prefix(), op.out());
    logSumExp("prefixLse", op.prefixLse(), op.prefix(), reasons);
    logSumExp("lse", op.lse(), op.out(), reasons);
  }

  private static void logSumExp(
      String part, @Nullable StepValue lse, StepValue output, Reasons reasons) {
    if (lse != null) {
      reasons.flat(part, lse, Reasons.headCount(output)).sameRows(output, lse);
    }
  }

  private static void check(RmsNorm op, Reasons reasons) {
    long width = op.hasHeads() ? Reasons.headWidth(op.x()) : op.x().rowWidth();
    if (op.hasHeads()) {
      long heads = Reasons.headCount(op.x());
      reasons.heads("x", op.x(), heads, width).heads("out", op.out(), heads, width);
    } else {
      reasons.flat("x", op.x(), width).flat("out", op.out(), width);
    }
    reasons.sameRows(op.x(), op.out()).weight("weight", op.weight(), width);
  }

  private static void check(RotaryEmbedding op, Reasons reasons) {
    StepValue k = op.k();
    long width = Reasons.isHeads(k) ? Reasons.headWidth(k) : k.rowWidth();
    if (Reasons.isHeads(k)) {
      reasons.heads("k", k, Reasons.headCount(k), width);
    } else {
      reasons.flat("k", k, width);
    }
    reasons
        .heads("q", op.q(), Reasons.headCount(op.q()), width)
        .sameRows(op.q(), k)
        .tokenRows("q", op.q())
        .matrix("table", op.table(), width)
        .require(width % 2 == 0, "k is " + width + " elements wide; expected an even number");
  }

  private static void check(Sample op, DeviceInfo device, Reasons reasons) {
    reasons
        .flat("logits", op.logits(), op.logits().rowWidth())
        .flat("ids", op.ids(), 1, DType.I32)
        .require(
            op.logits().rows() == Rows.LOGITS && op.ids().rows() == Rows.LOGITS,
            "logits have "
                + op.logits().rows()
                + " rows, ids "
                + op.ids().rows()
                + "; expected LOGITS")
        .require(
            device.binary64(),
            "the device has no binary64 numbers, which probabilities are computed in");
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

  private static void check(SiluAndMul op, Reasons reasons) {
    long width = op.out().rowWidth();
    reasons
        .flat("gateUp", op.gateUp(), 2 * width)
        .flat("out", op.out(), width)
        .sameRows(op.gateUp(), op.out());
  }
}
