package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.BYTES;
import static org.mla4j.core.cpu.simd.Lanes.COUNT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.op.MlaDecompressedAttention;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.simd.Lanes;

/**
 * Keys and values that are projected from the latent cache: the weights of a head become panels
 * once, then all its spans are multiplied by them.
 */
final class DecompressedKeys implements SpanKeys {
  private final CacheRows cache;
  private final WeightMatrix kvB;
  private final @Nullable Tensor bias;
  private final @Nullable Tensor norm;
  private final double epsilon;
  private final @Nullable RopeTurn turn;
  private final int heads;
  private final int latent;
  private final int rope;
  private final int nope;
  private final int value;
  private final long latentStride;
  private final long keyStride;
  private final long valueStride;
  private final long panelBytes;

  /** For each worker the head whose panels it has in its memory; -1 for none. */
  private final int[] packed;

  @SuppressWarnings("NullAway.Init") // set by begin before anything is loaded
  private StepDescription step;

  DecompressedKeys(
      MlaDecompressedAttention op,
      CacheRows cache,
      @Nullable RopeTurn turn,
      CpuContext context,
      Scratch scratch) {
    this.cache = cache;
    this.turn = turn;
    kvB = WeightMatrix.of(op.kvB(), context, scratch);
    bias = op.kvBias() == null ? null : context.weights().widened(op.kvBias());
    norm = op.keyNorm() == null ? null : context.weights().widened(op.keyNorm());
    epsilon = op.keyNormEps();
    heads = Math.toIntExact(op.q().rowShape().extent(0));
    latent = kvB.columns();
    rope = cache.width() - latent;
    nope = Math.toIntExact(op.q().rowShape().extent(1)) - rope;
    value = Math.toIntExact(op.out().rowShape().extent(1));
    latentStride = SpanAttention.stride(cache.width());
    keyStride = SpanAttention.stride(nope + rope);
    valueStride = SpanAttention.stride(value);
    panelBytes = LaneTile.panelBytes(latent);
    packed = new int[context.engine().parallel().threads()];
  }

  @Override
  public boolean isEmpty() {
    return cache.isEmpty();
  }

  @Override
  public int heads() {
    return heads;
  }

  @Override
  public int keyWidth() {
    return nope + rope;
  }

  @Override
  public boolean areValuesInKeys() {
    return false;
  }

  /** The cache rows of a span, a row of weights on its way, the panels of a head. */
  @Override
  public long workBytes(int span) {
    int panels = Math.ceilDiv(nope, COUNT) + Math.ceilDiv(value, COUNT);
    return span * latentStride + 4L * Lanes.roundUp(latent) + panels * panelBytes;
  }

  @Override
  public void begin(StepDescription step) {
    this.step = step;
    Arrays.fill(packed, -1);
  }

  @Override
  public void load(
      int sequence,
      int position,
      int count,
      int head,
      int worker,
      MemorySegment memory,
      long workAt,
      long keysAt,
      long valuesAt) {
    long rowAt = workAt;
    long panelsAt = rowAt + 4L * Lanes.roundUp(latent);
    long valuePanelsAt = panelsAt + Math.ceilDiv(nope, COUNT) * panelBytes;
    long latentsAt = valuePanelsAt + Math.ceilDiv(value, COUNT) * panelBytes;
    int first = head * (nope + value);
    if (packed[worker] != head) {
      packed[worker] = head;
      pack(first, nope, worker, memory, rowAt, panelsAt);
      pack(first + nope, value, worker, memory, rowAt, valuePanelsAt);
    }
    cache.widen(step, sequence, position, count, memory, latentsAt, latentStride);
    project(first, nope, count, memory, panelsAt, latentsAt, keysAt, keyStride);
    project(first + nope, value, count, memory, valuePanelsAt, latentsAt, valuesAt, valueStride);
    for (int i = 0; i < count; i++) {
      long keyAt = keysAt + i * keyStride;
      long ropeAt = latentsAt + i * latentStride + 4L * latent;
      MemorySegment.copy(memory, ropeAt, memory, keyAt + 4L * nope, 4L * rope);
      finish(position + i, memory, keyAt);
    }
  }

  /** Makes rows of the weights the columns of panels; the last panel may keep what it had. */
  private void pack(
      int firstRow, int rows, int worker, MemorySegment memory, long rowAt, long panelsAt) {
    for (int row = 0; row < rows; row++) {
      long at = kvB.load(firstRow + row, worker);
      kvB.format().widen(kvB.segment(worker), at, latent, memory, rowAt, BYTES);
      LaneTile.put(memory, rowAt, latent, panelsAt + row / COUNT * panelBytes, row % COUNT);
    }
  }

  private void project(
      int firstRow,
      int rows,
      int count,
      MemorySegment memory,
      long panelsAt,
      long latentsAt,
      long outAt,
      long stride) {
    for (int row = 0; row < rows; row += COUNT) {
      long panelAt = panelsAt + row / COUNT * panelBytes;
      for (int i = 0; i < count; i += LaneTile.ROWS) {
        long rowsAt = latentsAt + i * latentStride;
        long to = outAt + i * stride + 4L * row;
        LaneTile.multiply(
            memory, panelAt, latent, memory, rowsAt, latentStride, memory, to, stride);
      }
    }
    for (int i = 0; bias != null && i < count; i++) {
      for (int row = 0; row < rows; row++) {
        long at = outAt + i * stride + 4L * row;
        set(memory, at, get(memory, at) + get(bias, firstRow + row));
      }
    }
  }

  /** Norms a key, turns it, and fills its last vector with zeros. */
  private void finish(int position, MemorySegment memory, long keyAt) {
    int width = nope + rope;
    if (norm != null) {
      double squares = 0;
      for (int i = 0; i < width; i++) {
        double element = get(memory, keyAt + 4L * i);
        squares += element * element;
      }
      double factor = 1 / Math.sqrt(squares / width + epsilon);
      for (int i = 0; i < width; i++) {
        float element = get(memory, keyAt + 4L * i);
        set(memory, keyAt + 4L * i, (float) (element * factor * get(norm, i)));
      }
    }
    if (turn != null) {
      turn.apply(position, memory, keyAt);
    }
    for (int i = width; i < Lanes.roundUp(width); i++) {
      set(memory, keyAt + 4L * i, 0);
    }
  }

  private static float get(Tensor weight, long index) {
    return get(weight.segment(), weight.byteOffset() + 4L * index);
  }

  private static float get(MemorySegment memory, long at) {
    return memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
  }

  private static void set(MemorySegment memory, long at, float value) {
    memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, value);
  }
}
