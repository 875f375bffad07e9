package org.mla4j.core.cpu.scalar;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.MlaDecompressedAttention;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.StepTokens;

/**
 * {@code mla_decompressed_attention}: one task per few tokens and head. Tokens of one sequence walk
 * the cache together, in the order of positions: each key and value is made once for all of them.
 */
final class ScalarMlaDecompressedAttention implements Kernel, ParallelFor.Body {
  private static final int TOKENS = 32;

  private final MlaDecompressedAttention op;
  private final LiveRows q;
  private final LiveRows out;
  private final CacheRows cache;
  private final WeightRows kvB;
  private final @Nullable WidenedWeight bias;
  private final @Nullable WidenedWeight norm;
  private final @Nullable WidenedWeight table;
  private final long positions;
  private final int heads;
  private final int width;
  private final int rope;
  private final int value;
  private final ParallelFor parallel;
  private final Work[] works;

  @SuppressWarnings("NullAway.Init") // set by forward before a task runs
  private StepDescription step;

  /** What a worker computes with. */
  private final class Work {
    private final float[] cached = new float[kvB.columns() + rope];
    private final float[] weights = new float[kvB.columns()];
    private final float[] key = new float[width];
    private final float[] decompressed = new float[value];
    private final float[][] queries = new float[TOKENS][width];
    private final OnlineSoftmax[] softmax = OnlineSoftmax.several(TOKENS, value);
  }

  ScalarMlaDecompressedAttention(
      MlaDecompressedAttention op, Bindings bindings, CpuContext context) {
    this.op = op;
    q = new LiveRows(bindings.tensor(op.q()));
    out = new LiveRows(bindings.tensor(op.out()));
    cache = CacheRows.of(op.cache(), bindings, context.engine().limits().blockSize());
    kvB = WeightRows.of(op.kvB(), context);
    bias = op.kvBias() == null ? null : WidenedWeight.of(op.kvBias(), context);
    norm = op.keyNorm() == null ? null : WidenedWeight.of(op.keyNorm(), context);
    table = op.ropeTable() == null ? null : WidenedWeight.of(op.ropeTable(), context);
    positions = op.ropeTable() == null ? 0 : op.ropeTable().shape().extent(0);
    heads = Math.toIntExact(op.q().rowShape().extent(0));
    width = Math.toIntExact(op.q().rowShape().extent(1));
    rope = op.cache().spec().rowWidth() - kvB.columns();
    value = Math.toIntExact(op.out().rowShape().extent(1));
    parallel = context.engine().parallel();
    works = new Work[parallel.threads()];
    Arrays.setAll(works, worker -> new Work());
  }

  @Override
  public String describe() {
    return getClass().getSimpleName() + ", " + op.reason();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    this.step = step;
    q.begin(step);
    out.begin(step);
    if (op.ropeTable() != null) {
      StepTokens.requirePositions(step, op.q(), op.ropeTable(), positions);
    }
    parallel.run(Math.ceilDiv(out.count(), TOKENS) * heads, this);
  }

  private int token(int row) {
    return step.firstToken(op.q().rows()) + row;
  }

  @Override
  public void run(int task, int worker) {
    int first = task / heads * TOKENS;
    int end = Math.min(first + TOKENS, out.count());
    int head = task % heads;
    Work work = works[worker];
    for (OnlineSoftmax row : work.softmax) {
      row.clear();
    }
    if (!step.isProfiling() && !cache.isEmpty()) {
      for (int from = first; from < end; ) {
        int sequence = step.sequenceOf(token(from));
        int to = from + 1;
        while (to < end && step.sequenceOf(token(to)) == sequence) {
          to++;
        }
        attend(from, to, first, sequence, head, work);
        from = to;
      }
    }
    for (int row = first; row < end; row++) {
      work.softmax[row - first].write(out, row, head);
    }
  }

  /** Rows of one sequence, positions ascending; {@code first} is the first row of the task. */
  private void attend(int from, int to, int first, int sequence, int head, Work work) {
    for (int row = from; row < to; row++) {
      float[] query = work.queries[row - first];
      q.get(row, head, query, 0, width);
      turn(query, step.position(token(row)));
    }
    int last = step.position(token(to - 1));
    for (int position = 0; position <= last; position++) {
      cache.read(CacheRows.slot(step, sequence, position), work.cached);
      decompress(head, position, work);
      for (int row = from; row < to; row++) {
        if (step.position(token(row)) >= position) {
          double score = op.scale() * dot(work.queries[row - first], work.key, width);
          work.softmax[row - first].add(score, work.decompressed);
        }
      }
    }
  }

  private void decompress(int head, int position, Work work) {
    int nope = width - rope;
    int start = head * (nope + value);
    project(start, nope, work, work.key);
    System.arraycopy(work.cached, kvB.columns(), work.key, nope, rope);
    if (norm != null) {
      double squares = dot(work.key, work.key, width);
      double factor = 1 / Math.sqrt(squares / width + op.keyNormEps());
      for (int i = 0; i < width; i++) {
        work.key[i] = (float) (work.key[i] * factor * norm.get(i));
      }
    }
    turn(work.key, position);
    project(start + nope, value, work, work.decompressed);
  }

  private void project(int start, int rows, Work work, float[] into) {
    for (int i = 0; i < rows; i++) {
      kvB.widen(start + i, work.weights);
      double sum = dot(work.weights, work.cached, kvB.columns());
      into[i] = (float) (bias == null ? sum : sum + bias.get(start + i));
    }
  }

  /** Turns the last elements of a head by the angle of a position, if there is a rope. */
  private void turn(float[] values, int position) {
    if (table == null) {
      return;
    }
    int pairs = rope / 2;
    int start = width - rope;
    for (int pair = 0; pair < pairs; pair++) {
      float cos = table.get((long) position * rope + pair);
      float sin = table.get((long) position * rope + pairs + pair);
      boolean interleaved = op.style() == RopeStyle.INTERLEAVED;
      int first = start + (interleaved ? 2 * pair : pair);
      int second = start + (interleaved ? 2 * pair + 1 : pair + pairs);
      double x = values[first];
      double y = values[second];
      values[first] = (float) (x * cos - y * sin);
      values[second] = (float) (y * cos + x * sin);
    }
  }

  private static double dot(float[] a, float[] b, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
