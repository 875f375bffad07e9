package org.mla4j.opencl.kernel;

import org.mla4j.api.backend.Support;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.step.Rows;
import org.mla4j.api.value.StepValue;

/** What each op needs of its values and weights before a kernel can run it. */
final class OpChecks {
  private OpChecks() {}

  static Support check(Op op) {
    Reasons reasons = new Reasons();
    switch (op) {
      case Add add -> check(add, reasons);
      case CopyTo copy -> check(copy, reasons);
      case Embedding embedding -> check(embedding, reasons);
      case Linear linear -> check(linear, reasons);
      case RmsNorm norm -> check(norm, reasons);
      case RotaryEmbedding rotary -> check(rotary, reasons);
      case SelectRows select -> check(select, reasons);
      case SiluAndMul silu -> check(silu, reasons);
      default -> reasons.require(false, "has no kernel for '" + op.type() + "'");
    }
    return reasons.answer();
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
