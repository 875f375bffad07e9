package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.BYTES;
import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;
import static org.mla4j.core.cpu.vector.LaneSums.SWAP_1;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.RowKernel;
import org.mla4j.core.cpu.kernel.RowTasks;
import org.mla4j.core.cpu.kernel.StepTokens;

/** {@code rotary_embedding}: one task per few tokens. */
final class VectorRotaryEmbedding implements RowKernel {
  /** Every angle twice, for both elements of a pair: those of the first half of a vector. */
  private static final VectorShuffle<Float> FIRST = FLOATS.shuffleFromOp(lane -> lane / 2);

  private static final VectorShuffle<Float> LAST =
      FLOATS.shuffleFromOp(lane -> COUNT / 2 + lane / 2);

  /** The first element of a pair takes its partner times the sine away, the second adds it. */
  private static final FloatVector SIGNS = signs();

  private final RotaryEmbedding op;
  private final Operand q;
  private final Operand k;
  private final Tensor table;
  private final long positions;
  private final int heads;
  private final int keyHeads;
  private final int pairs;
  private final RowTasks tasks;

  @SuppressWarnings("NullAway.Init") // set by begin before a task runs
  private StepDescription step;

  VectorRotaryEmbedding(RotaryEmbedding op, Bindings bindings, CpuContext context) {
    this.op = op;
    q = Operand.of(bindings.tensor(op.q()));
    k = Operand.of(bindings.tensor(op.k()));
    table = context.weights().widened(op.table());
    positions = op.table().shape().extent(0);
    heads = Math.toIntExact(op.q().rowShape().extent(0));
    keyHeads = op.k().rowShape().rank() == 1 ? 1 : Math.toIntExact(op.k().rowShape().extent(0));
    pairs = op.k().rowWidth() / keyHeads / 2;
    tasks = RowTasks.ofWidth(context.engine().parallel(), 2 * pairs * (heads + keyHeads));
  }

  private static FloatVector signs() {
    float[] signs = new float[COUNT];
    for (int lane = 0; lane < COUNT; lane++) {
      signs[lane] = lane % 2 == 0 ? -1 : 1;
    }
    return FloatVector.fromArray(FLOATS, signs, 0);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    tasks.run(begin(step), this);
  }

  @Override
  public int begin(StepDescription step) {
    this.step = step;
    q.begin(step);
    k.begin(step);
    StepTokens.requirePositions(step, op.q(), op.table(), positions);
    return q.count();
  }

  @Override
  public int rowsPerTask() {
    return tasks.rowsPerTask();
  }

  @Override
  public void run(int row, int worker) {
    int position = step.position(step.firstToken(op.q().rows()) + row);
    long cosAt = table.byteOffset() + 8L * pairs * position;
    turn(q, row, heads, cosAt);
    turn(k, row, keyHeads, cosAt);
  }

  private void turn(Operand rows, int row, int count, long cosAt) {
    for (int head = 0; head < count; head++) {
      long at = rows.at(row) + rows.headShift(head);
      if (op.style() == RopeStyle.INTERLEAVED) {
        turnNeighbours(rows.segment(), at, table.segment(), cosAt, pairs);
      } else {
        turnHalves(rows.segment(), at, table.segment(), cosAt, pairs);
      }
    }
  }

  private static void turnHalves(
      MemorySegment x, long xAt, MemorySegment angles, long cosAt, int pairs) {
    int whole = FLOATS.loopBound(pairs);
    long yAt = xAt + 4L * pairs;
    long sinAt = cosAt + 4L * pairs;
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector cos = FloatVector.fromMemorySegment(FLOATS, angles, cosAt + 4L * i, ORDER);
      FloatVector sin = FloatVector.fromMemorySegment(FLOATS, angles, sinAt + 4L * i, ORDER);
      FloatVector first = FloatVector.fromMemorySegment(FLOATS, x, xAt + 4L * i, ORDER);
      FloatVector second = FloatVector.fromMemorySegment(FLOATS, x, yAt + 4L * i, ORDER);
      first.fma(cos, second.mul(sin).neg()).intoMemorySegment(x, xAt + 4L * i, ORDER);
      second.fma(cos, first.mul(sin)).intoMemorySegment(x, yAt + 4L * i, ORDER);
    }
    for (int i = whole; i < pairs; i++) {
      turn(x, xAt + 4L * i, yAt + 4L * i, angles, cosAt + 4L * i, sinAt + 4L * i);
    }
  }

  private static void turnNeighbours(
      MemorySegment x, long xAt, MemorySegment angles, long cosAt, int pairs) {
    int whole = FLOATS.loopBound(pairs);
    long sinAt = cosAt + 4L * pairs;
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector cos = FloatVector.fromMemorySegment(FLOATS, angles, cosAt + 4L * i, ORDER);
      FloatVector sin = FloatVector.fromMemorySegment(FLOATS, angles, sinAt + 4L * i, ORDER);
      long at = xAt + 8L * i;
      FloatVector first = FloatVector.fromMemorySegment(FLOATS, x, at, ORDER);
      FloatVector last = FloatVector.fromMemorySegment(FLOATS, x, at + BYTES, ORDER);
      first
          .fma(cos.rearrange(FIRST), first.rearrange(SWAP_1).mul(sin.rearrange(FIRST)).mul(SIGNS))
          .intoMemorySegment(x, at, ORDER);
      last.fma(cos.rearrange(LAST), last.rearrange(SWAP_1).mul(sin.rearrange(LAST)).mul(SIGNS))
          .intoMemorySegment(x, at + BYTES, ORDER);
    }
    for (int i = whole; i < pairs; i++) {
      turn(x, xAt + 8L * i, xAt + 8L * i + 4, angles, cosAt + 4L * i, sinAt + 4L * i);
    }
  }

  /** One pair, with the roundings of the vectors. */
  private static void turn(
      MemorySegment memory, long xAt, long yAt, MemorySegment angles, long cosAt, long sinAt) {
    float cos = angles.get(ValueLayout.JAVA_FLOAT_UNALIGNED, cosAt);
    float sin = angles.get(ValueLayout.JAVA_FLOAT_UNALIGNED, sinAt);
    float x = memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, xAt);
    float y = memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, yAt);
    memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, xAt, Math.fma(x, cos, -(y * sin)));
    memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, yAt, Math.fma(y, cos, x * sin));
  }
}
