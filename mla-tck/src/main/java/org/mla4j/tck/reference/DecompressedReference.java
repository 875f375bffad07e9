package org.mla4j.tck.reference;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.op.MlaDecompressedAttention;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.weight.WeightHandle;

/** Attention over keys and values that are made of the latents in a cache. */
final class DecompressedReference {
  private final double[] kvB;
  private final double[] bias;
  private final double @Nullable [] norm;
  private final double eps;
  private final double @Nullable [] table;
  private final RopeStyle style;
  private final double scale;
  private final int heads;
  private final int width;
  private final int rope;
  private final CacheValue cache;
  private final StepMemory memory;

  /**
   * @param op any values of a layer; those of its queries and results are not looked at
   * @param heads query heads
   * @param width elements of a query head
   */
  DecompressedReference(MlaDecompressedAttention op, int heads, int width, StepMemory memory) {
    this.heads = heads;
    this.width = width;
    this.memory = memory;
    cache = op.cache();
    kvB = memory.weights(op.kvB());
    bias = weights(op.kvBias(), new double[Math.toIntExact(op.kvB().shape().extent(0))]);
    norm = op.keyNorm() == null ? null : memory.weights(op.keyNorm());
    eps = op.keyNormEps();
    table = op.ropeTable() == null ? null : memory.weights(op.ropeTable());
    style = op.style();
    scale = op.scale();
    rope = op.cache().spec().rowWidth() - Math.toIntExact(op.kvB().shape().extent(1));
  }

  private double[] weights(@Nullable WeightHandle handle, double[] absent) {
    return handle == null ? absent : memory.weights(handle);
  }

  static void attend(MlaDecompressedAttention op, StepMemory memory) {
    int heads = Math.toIntExact(op.q().rowShape().extent(0));
    var reference = new DecompressedReference(op, heads, op.q().rowWidth() / heads, memory);
    for (int row = 0; row < memory.rows(op.q()); row++) {
      int token = memory.token(op.q(), row);
      memory.setRow(op.out(), row, reference.attend(token, memory.row(op.q(), row)));
    }
  }

  /** What a token sees with its queries, which are not rotated: values of all heads. */
  double[] attend(int token, double[] queries) {
    StepDescription step = memory.step();
    int perHead = bias.length / heads;
    int value = perHead - (width - rope);
    double[] out = new double[heads * value];
    if (step.isProfiling()) {
      return out;
    }
    int position = step.position(token);
    double[][] rows =
        AttentionReference.cached(cache, step.sequenceOf(token), position + 1, memory);
    for (int head = 0; head < heads; head++) {
      double[] query = Arrays.copyOfRange(queries, head * width, (head + 1) * width);
      turn(query, position);
      double[] scores = new double[rows.length];
      double[][] values = new double[rows.length][];
      for (int j = 0; j < rows.length; j++) {
        double[] up = up(rows[j], head * perHead, perHead);
        scores[j] = scale * Algebra.dot(query, 0, key(up, rows[j], j), 0, width);
        values[j] = Arrays.copyOfRange(up, width - rope, perHead);
      }
      var result = Softmax.attend(scores, values, 0, value);
      System.arraycopy(result.out(), 0, out, head * value, value);
    }
    return out;
  }

  /** Key and value of a head, as the up-projection makes them of a latent. */
  private double[] up(double[] row, int start, int count) {
    int latent = row.length - rope;
    double[] up = new double[count];
    for (int i = 0; i < count; i++) {
      up[i] = bias[start + i] + Algebra.dot(kvB, (start + i) * latent, row, 0, latent);
    }
    return up;
  }

  private double[] key(double[] up, double[] row, int position) {
    double[] key = Arrays.copyOf(up, width);
    System.arraycopy(row, row.length - rope, key, width - rope, rope);
    if (norm != null) {
      key = Algebra.norm(key, norm, eps, 1);
    }
    turn(key, position);
    return key;
  }

  private void turn(double[] head, int position) {
    if (table != null) {
      Algebra.rotate(head, width - rope, rope, table, position, style);
    }
  }
}
