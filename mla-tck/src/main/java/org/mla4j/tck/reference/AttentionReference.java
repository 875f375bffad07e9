package org.mla4j.tck.reference;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;

/** The three attention ops of MLA. */
final class AttentionReference {
  private AttentionReference() {}

  static void decode(MlaDecodeAttention op, StepMemory memory) {
    StepDescription step = memory.step();
    int heads = Math.toIntExact(op.qLatent().rowShape().extent(0));
    int latent = op.qLatent().rowWidth() / heads;
    double[][] keys = {};
    int keysOf = -1;
    for (int row = 0; row < memory.rows(op.qLatent()); row++) {
      int token = memory.token(op.qLatent(), row);
      int sequence = step.isProfiling() ? -1 : step.sequenceOf(token);
      if (sequence != keysOf) {
        keys = cached(op.cache(), sequence, step.sequenceLength(sequence), memory);
        keysOf = sequence;
      }
      int count = sequence < 0 ? 0 : step.position(token) + 1;
      double[] q = memory.row(op.qLatent(), row);
      double[] qPe = op.qPe() == null ? new double[0] : memory.row(op.qPe(), row);
      double[] out = new double[q.length];
      double[] lse = new double[heads];
      for (int head = 0; head < heads; head++) {
        var result = latentHead(q, qPe, head, latent, heads, keys, count, op.scale());
        System.arraycopy(result.out(), 0, out, head * latent, latent);
        lse[head] = result.logSumExp();
      }
      write(op.oLatent(), op.lse(), row, out, lse, memory);
    }
  }

  /** One head of the MQA form over the first keys of a sequence. */
  static Softmax.Result latentHead(
      double[] q,
      double[] qPe,
      int head,
      int latent,
      int heads,
      double[][] keys,
      int count,
      double scale) {
    int rope = qPe.length / heads;
    double[] scores = new double[count];
    for (int j = 0; j < count; j++) {
      scores[j] =
          scale
              * (Algebra.dot(q, head * latent, keys[j], 0, latent)
                  + Algebra.dot(qPe, head * rope, keys[j], latent, rope));
    }
    return Softmax.attend(scores, keys, 0, latent);
  }

  /** The cache rows of a sequence, as stored. */
  static double[][] cached(CacheValue cache, int sequence, int length, StepMemory memory) {
    double[][] rows = new double[length][];
    for (int position = 0; position < length; position++) {
      rows[position] = memory.cacheModel(cache).decode(memory.slot(sequence, position));
    }
    return rows;
  }

  static void prefill(MlaPrefillAttention op, StepMemory memory) {
    StepDescription step = memory.step();
    Decompressed keys = new Decompressed(op.kNope(), op.kPe(), op.v(), memory);
    for (int row = 0; row < memory.rows(op.qNope()); row++) {
      int token = memory.token(op.qNope(), row);
      int first = token;
      if (!step.isProfiling()) {
        first = step.queryStart(step.sequenceOf(token)) - step.firstToken(op.qNope().rows());
      }
      int count = step.isProfiling() ? 0 : row + 1 - first;
      keys.attend(op.qNope(), op.qPe(), row, first, count, op.scale(), op.out(), op.lse());
    }
  }

  static void context(MlaContextAttention op, StepMemory memory) {
    StepDescription step = memory.step();
    Decompressed keys = new Decompressed(op.kNope(), op.kPe(), op.v(), memory);
    for (int row = 0; row < memory.rows(op.qNope()); row++) {
      int token = memory.token(op.qNope(), row);
      boolean any = !step.isProfiling() && step.contextPass() >= 0;
      int sequence = any ? step.sequenceOf(token) : -1;
      int first = any ? step.contextRowStart(sequence) : 0;
      int count = any ? step.contextLength(sequence) : 0;
      keys.attend(op.qNope(), op.qPe(), row, first, count, op.scale(), op.out(), op.lse());
    }
  }

  private static void write(
      StepValue out,
      @Nullable StepValue lse,
      int row,
      double[] numbers,
      double[] logSumExps,
      StepMemory memory) {
    memory.setRow(out, row, numbers);
    if (lse != null) {
      memory.setRow(lse, row, logSumExps);
    }
  }

  /** Keys and values that every head has of its own. */
  private static final class Decompressed {
    private final StepMemory memory;
    private final int heads;
    private final double[][] kNope;
    private final double[][] kPe;
    private final double[][] v;

    Decompressed(StepValue kNope, @Nullable StepValue kPe, StepValue v, StepMemory memory) {
      this.memory = memory;
      heads = Math.toIntExact(kNope.rowShape().extent(0));
      this.kNope = rows(kNope);
      this.v = rows(v);
      this.kPe = kPe == null ? new double[this.v.length][0] : rows(kPe);
    }

    private double[][] rows(StepValue value) {
      double[][] rows = new double[memory.rows(value)][];
      for (int row = 0; row < rows.length; row++) {
        rows[row] = memory.row(value, row);
      }
      return rows;
    }

    void attend(
        StepValue qNope,
        @Nullable StepValue qPe,
        int row,
        int first,
        int count,
        double scale,
        StepValue out,
        @Nullable StepValue lse) {
      double[] q = memory.row(qNope, row);
      double[] turned = qPe == null ? new double[0] : memory.row(qPe, row);
      int nope = q.length / heads;
      int rope = turned.length / heads;
      int value = out.rowWidth() / heads;
      double[] numbers = new double[heads * value];
      double[] logSumExps = new double[heads];
      double[][] values = new double[count][];
      System.arraycopy(v, first, values, 0, count);
      for (int head = 0; head < heads; head++) {
        double[] scores = new double[count];
        for (int j = 0; j < count; j++) {
          scores[j] =
              scale
                  * (Algebra.dot(q, head * nope, kNope[first + j], head * nope, nope)
                      + Algebra.dot(turned, head * rope, kPe[first + j], 0, rope));
        }
        var result = Softmax.attend(scores, values, head * value, value);
        System.arraycopy(result.out(), 0, numbers, head * value, value);
        logSumExps[head] = result.logSumExp();
      }
      write(out, lse, row, numbers, logSumExps, memory);
    }
  }
}
