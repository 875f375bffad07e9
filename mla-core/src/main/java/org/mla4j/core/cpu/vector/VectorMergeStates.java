package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.RowTasks;

/** {@code merge_attention_states}: one task per few tokens. */
final class VectorMergeStates implements Kernel, ParallelFor.Body {
  private final Operand prefix;
  private final Operand prefixLse;
  private final Operand out;
  private final Operand lse;
  private final int heads;
  private final int width;
  private final RowTasks tasks;

  VectorMergeStates(MergeAttentionStates op, Bindings bindings, CpuContext context) {
    prefix = Operand.of(bindings.tensor(op.prefix()));
    prefixLse = Operand.of(bindings.tensor(op.prefixLse()));
    out = Operand.of(bindings.tensor(op.out()));
    lse = Operand.of(bindings.tensor(op.lse()));
    heads = Math.toIntExact(op.out().rowShape().extent(0));
    width = Math.toIntExact(op.out().rowShape().extent(1));
    tasks = RowTasks.ofWidth(context.engine().parallel(), heads * width);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    prefix.begin(step);
    prefixLse.begin(step);
    out.begin(step);
    lse.begin(step);
    tasks.run(out.count(), this);
  }

  @Override
  public void run(int row, int worker) {
    for (int head = 0; head < heads; head++) {
      merge(row, head);
    }
  }

  private void merge(int row, int head) {
    long lseAt = lse.at(row) + lse.headShift(head);
    long outAt = out.at(row) + out.headShift(head);
    double before = keyless(prefixLse.segment(), prefixLse.at(row) + prefixLse.headShift(head));
    double after = keyless(lse.segment(), lseAt);
    double largest = Math.max(before, after);
    if (before == Double.NEGATIVE_INFINITY) {
      // Nothing to add; the output is left alone bit for bit, unless there were no keys at all.
      lse.segment().set(ValueLayout.JAVA_FLOAT_UNALIGNED, lseAt, (float) after);
      if (largest == before) {
        out.segment().asSlice(outAt, 4L * width).fill((byte) 0);
      }
      return;
    }
    double p = Math.exp(before - largest);
    double s = Math.exp(after - largest);
    long prefixAt = prefix.at(row) + prefix.headShift(head);
    if (s == 0) {
      // Not 0 times what a side without keys holds: that need not be a number.
      MemorySegment.copy(prefix.segment(), prefixAt, out.segment(), outAt, 4L * width);
    } else {
      float prefixShare = (float) (p / (p + s));
      float share = (float) (s / (p + s));
      mix(prefix.segment(), prefixAt, prefixShare, out.segment(), outAt, share, width);
    }
    float sum = (float) (Math.log(p + s) + largest);
    lse.segment().set(ValueLayout.JAVA_FLOAT_UNALIGNED, lseAt, sum);
  }

  private static void mix(
      MemorySegment prefix,
      long prefixAt,
      float prefixShare,
      MemorySegment out,
      long outAt,
      float share,
      int width) {
    int whole = FLOATS.loopBound(width);
    FloatVector prefixShares = FloatVector.broadcast(FLOATS, prefixShare);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector own = FloatVector.fromMemorySegment(FLOATS, out, outAt + 4L * i, ORDER);
      FloatVector.fromMemorySegment(FLOATS, prefix, prefixAt + 4L * i, ORDER)
          .fma(prefixShares, own.mul(share))
          .intoMemorySegment(out, outAt + 4L * i, ORDER);
    }
    for (int i = whole; i < width; i++) {
      float own = out.get(ValueLayout.JAVA_FLOAT_UNALIGNED, outAt + 4L * i);
      float other = prefix.get(ValueLayout.JAVA_FLOAT_UNALIGNED, prefixAt + 4L * i);
      float sum = Math.fma(other, prefixShare, own * share);
      out.set(ValueLayout.JAVA_FLOAT_UNALIGNED, outAt + 4L * i, sum);
    }
  }

  /** Some kernels say plus infinity where there were no keys. */
  private static double keyless(MemorySegment memory, long at) {
    double lse = memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
    return lse == Double.POSITIVE_INFINITY ? Double.NEGATIVE_INFINITY : lse;
  }
}
