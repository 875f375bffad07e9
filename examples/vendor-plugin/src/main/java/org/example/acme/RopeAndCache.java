package org.example.acme;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.op.RopeConcatAndCacheMla;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;

/** Turns the queries and the key of a token, then writes latent and key to its cache row. */
final class RopeAndCache implements Kernel {
  private final StepTensor q;
  private final StepTensor k;
  private final StepTensor latent;
  private final Tensor table;
  private final Tensor cache;
  private final boolean interleaved;
  private final int heads;
  private final int rope;
  private final int latentWidth;

  RopeAndCache(RopeConcatAndCacheMla op, Bindings bindings, Tensor table) {
    this.q = bindings.tensor(op.rope().q());
    this.k = bindings.tensor(op.rope().k());
    this.latent = bindings.tensor(op.concat().kvC());
    this.cache = bindings.cache(op.concat().cache());
    this.table = table;
    this.interleaved = op.rope().style() == RopeStyle.INTERLEAVED;
    this.heads = Math.toIntExact(q.tensor().shape().extent(1));
    this.rope = op.rope().k().rowWidth();
    this.latentWidth = op.concat().kvC().rowWidth();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    int first = step.firstToken(k.rows());
    for (int row = 0; row < k.count(step); row++) {
      int token = first + row;
      long angles = angles(step.position(token));
      long queries = q.offset(step) + row * q.rowBytes();
      for (int head = 0; head < heads; head++) {
        rotate(q.tensor(), queries + head * q.tensor().byteStride(1), 2, angles);
      }
      long key = k.offset(step) + row * k.rowBytes();
      rotate(k.tensor(), key, 1, angles);
      // A padding token is rotated all the same, and not written.
      boolean written = step.hasSlotMapping() && step.slot(token) >= 0;
      if (written && cache.shape().elements() > 0) {
        write(step.slot(token), latent.offset(step) + row * latent.rowBytes(), key);
      }
    }
  }

  private long angles(int position) {
    if (position >= table.shape().extent(0)) {
      throw new IllegalArgumentException(
          "position " + position + " of a rope table of " + table.shape().extent(0) + " positions");
    }
    return table.byteOffset() + position * table.byteStride(0);
  }

  private void rotate(Tensor tensor, long start, int axis, long angles) {
    MemorySegment memory = tensor.segment();
    MemorySegment turns = table.segment();
    long stride = tensor.byteStride(axis);
    for (int i = 0; i < rope / 2; i++) {
      float cos = turns.get(JAVA_FLOAT_UNALIGNED, angles + 4L * i);
      float sin = turns.get(JAVA_FLOAT_UNALIGNED, angles + 4L * (rope / 2 + i));
      long a = start + stride * (interleaved ? 2 * i : i);
      long b = start + stride * (interleaved ? 2 * i + 1 : rope / 2 + i);
      float x = memory.get(JAVA_FLOAT_UNALIGNED, a);
      float y = memory.get(JAVA_FLOAT_UNALIGNED, b);
      memory.set(JAVA_FLOAT_UNALIGNED, a, x * cos - y * sin);
      memory.set(JAVA_FLOAT_UNALIGNED, b, y * cos + x * sin);
    }
  }

  private void write(long slot, long latentStart, long keyStart) {
    long cell = slot * (latentWidth + rope);
    copy(latent.tensor(), latentStart, latentWidth, cell);
    copy(k.tensor(), keyStart, rope, cell + latentWidth);
  }

  private void copy(Tensor from, long start, int width, long cell) {
    MemorySegment source = from.segment();
    MemorySegment target = cache.segment();
    long stride = from.byteStride(1);
    for (int i = 0; i < width; i++) {
      float value = source.get(JAVA_FLOAT_UNALIGNED, start + i * stride);
      long offset = cache.byteOffset() + (cell + i) * cache.dtype().byteSize();
      if (cache.dtype() == DType.F32) {
        target.set(JAVA_FLOAT_UNALIGNED, offset, value);
      } else {
        target.set(JAVA_SHORT_UNALIGNED, offset, BFloat16.fromFloat(value));
      }
    }
  }
}
