package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.BYTES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;

/**
 * {@code absorb_query}: one task per head. The latent query is a weighted sum of the head's rows of
 * the up-projection, the elements of the query being the weights.
 *
 * <p>One token adds the rows as they are loaded; several tokens share the rows converted to floats.
 */
final class VectorAbsorbQuery implements Kernel, ParallelFor.Body {
  private final Operand query;
  private final Operand latent;
  private final WeightMatrix kvB;
  private final int heads;
  private final int rowsPerHead;
  private final int queryWidth;
  private final int latentWidth;
  private final long rowBytes;
  private final long factorsAt;
  private final long sumsAt;
  private final Scratch scratch;
  private final ParallelFor parallel;

  VectorAbsorbQuery(AbsorbQuery op, Bindings bindings, CpuContext context, Scratch scratch) {
    query = Operand.of(bindings.tensor(op.qNope()));
    latent = Operand.of(bindings.tensor(op.qLatent()));
    kvB = WeightMatrix.of(op.kvB(), context, scratch);
    heads = Math.toIntExact(op.qNope().rowShape().extent(0));
    queryWidth = Math.toIntExact(op.qNope().rowShape().extent(1));
    latentWidth = Math.toIntExact(op.qLatent().rowShape().extent(1));
    rowsPerHead = kvB.rows() / heads;
    // Scratch: the head's rows, whole tiles wide; the factors of four tokens; their sums.
    rowBytes = 4L * Math.ceilDiv(latentWidth, MixTile.WIDTH) * MixTile.WIDTH;
    factorsAt = queryWidth * rowBytes;
    sumsAt = factorsAt + BYTES * queryWidth;
    this.scratch = scratch;
    scratch.reserve(sumsAt + MixTile.SUMS * rowBytes);
    parallel = context.engine().parallel();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    query.begin(step);
    latent.begin(step);
    parallel.run(heads, this);
  }

  @Override
  public void run(int head, int worker) {
    MemorySegment memory = scratch.of(worker);
    if (latent.count() == 1) {
      addStoredRows(head, worker, memory);
      return;
    }
    MemorySegment weights = kvB.segment(worker);
    for (int row = 0; row < queryWidth; row++) {
      long weightAt = kvB.load(head * rowsPerHead + row, worker);
      kvB.format().widen(weights, weightAt, latentWidth, memory, row * rowBytes, BYTES);
    }
    for (int token = 0; token < latent.count(); token += MixTile.SUMS) {
      mix(head, token, Math.min(MixTile.SUMS, latent.count() - token), memory);
    }
  }

  private void addStoredRows(int head, int worker, MemorySegment memory) {
    long queryAt = query.at(0) + query.headShift(head);
    for (int i = 0; i < latentWidth; i++) {
      memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, sumsAt + 4L * i, 0);
    }
    MemorySegment weights = kvB.segment(worker);
    for (int row = 0; row < queryWidth; row++) {
      float factor = query.segment().get(ValueLayout.JAVA_FLOAT_UNALIGNED, queryAt + 4L * row);
      long weightAt = kvB.load(head * rowsPerHead + row, worker);
      kvB.format().addScaled(weights, weightAt, latentWidth, factor, memory, sumsAt);
    }
    copySum(memory, sumsAt, head, 0);
  }

  /** Up to four tokens. A missing one is computed as a copy of the last one. */
  private void mix(int head, int first, int live, MemorySegment memory) {
    for (int i = 0; i < MixTile.SUMS; i++) {
      long queryAt = query.at(first + Math.min(i, live - 1)) + query.headShift(head);
      for (int row = 0; row < queryWidth; row++) {
        float factor = query.segment().get(ValueLayout.JAVA_FLOAT_UNALIGNED, queryAt + 4L * row);
        long factorAt = factorsAt + BYTES * row + 4L * i;
        memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, factorAt, factor);
      }
    }
    for (long at = 0; at < rowBytes; at += 4L * MixTile.WIDTH) {
      long s0 = sumsAt + at;
      long s1 = s0 + rowBytes;
      long s2 = s1 + rowBytes;
      long s3 = s2 + rowBytes;
      MixTile.mix(memory, factorsAt, memory, at, rowBytes, queryWidth, memory, s0, s1, s2, s3);
    }
    for (int i = 0; i < live; i++) {
      copySum(memory, sumsAt + i * rowBytes, head, first + i);
    }
  }

  private void copySum(MemorySegment memory, long sumAt, int head, int token) {
    long latentAt = latent.at(token) + latent.headShift(head);
    MemorySegment.copy(memory, sumAt, latent.segment(), latentAt, 4L * latentWidth);
  }
}
