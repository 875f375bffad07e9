package org.mla4j.tck.reference;

import java.util.Arrays;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.value.StepValue;

/** Ops that work row by row. */
final class RowReference {
  private RowReference() {}

  static void add(Add op, StepMemory memory) {
    for (int row = 0; row < memory.rows(op.x()); row++) {
      double[] x = memory.row(op.x(), row);
      double[] y = memory.row(op.y(), row);
      for (int i = 0; i < x.length; i++) {
        x[i] += (float) op.factor() * y[i];
      }
      memory.setRow(op.x(), row, x);
    }
  }

  static void copy(CopyTo op, StepMemory memory) {
    for (int row = 0; row < memory.rows(op.from()); row++) {
      memory.setRow(op.to(), row, memory.row(op.from(), row));
    }
  }

  static void embedding(Embedding op, StepMemory memory) {
    int width = op.out().rowWidth();
    double[] table = memory.weights(op.table());
    for (int row = 0; row < memory.rows(op.out()); row++) {
      int id = memory.step().tokenId(memory.token(op.out(), row));
      double[] out = Arrays.copyOfRange(table, id * width, (id + 1) * width);
      Arrays.setAll(out, i -> (float) op.factor() * out[i]);
      memory.setRow(op.out(), row, out);
    }
  }

  static void select(SelectRows op, StepMemory memory) {
    for (int row = 0; row < memory.rows(op.out()); row++) {
      memory.setRow(op.out(), row, memory.row(op.x(), memory.step().logitToken(row)));
    }
  }

  static void linear(Linear op, StepMemory memory) {
    double[] weight = memory.weights(op.weight());
    double[] bias = op.bias() == null ? new double[op.out().rowWidth()] : memory.weights(op.bias());
    for (int row = 0; row < memory.rows(op.out()); row++) {
      memory.setRow(op.out(), row, Algebra.product(weight, memory.row(op.x(), row), bias));
    }
  }

  static void norm(RmsNorm op, StepMemory memory) {
    double[] weight = memory.weights(op.weight());
    for (int row = 0; row < memory.rows(op.out()); row++) {
      double[] x = memory.row(op.x(), row);
      for (int start = 0; start < x.length; start += weight.length) {
        double[] head = Arrays.copyOfRange(x, start, start + weight.length);
        double[] normed = Algebra.norm(head, weight, op.eps(), op.scale());
        System.arraycopy(normed, 0, x, start, weight.length);
      }
      memory.setRow(op.out(), row, x);
    }
  }

  static void silu(SiluAndMul op, StepMemory memory) {
    int width = op.out().rowWidth();
    for (int row = 0; row < memory.rows(op.out()); row++) {
      double[] gateUp = memory.row(op.gateUp(), row);
      double[] out = new double[width];
      for (int i = 0; i < width; i++) {
        out[i] = Algebra.silu(gateUp[i]) * gateUp[width + i];
      }
      memory.setRow(op.out(), row, out);
    }
  }

  static void rotate(RotaryEmbedding op, StepMemory memory) {
    double[] table = memory.weights(op.table());
    int width = Math.toIntExact(op.k().rowShape().extent(-1));
    rotate(op.q(), table, op.style(), width, memory);
    rotate(op.k(), table, op.style(), width, memory);
  }

  private static void rotate(
      StepValue value, double[] table, RopeStyle style, int width, StepMemory memory) {
    for (int row = 0; row < memory.rows(value); row++) {
      int position = memory.step().position(memory.token(value, row));
      double[] x = memory.row(value, row);
      for (int start = 0; start < x.length; start += width) {
        Algebra.rotate(x, start, width, table, position, style);
      }
      memory.setRow(value, row, x);
    }
  }
}
