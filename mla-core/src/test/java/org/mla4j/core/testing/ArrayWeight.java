package org.mla4j.core.testing;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.BlockCodec;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.api.weight.WeightLease;

/**
 * A weight made of an array or of random blocks, stored in a wanted type at an odd address, as
 * mapped files may have it.
 */
public final class ArrayWeight implements WeightHandle {
  private static final long ODD_OFFSET = 1;

  private final String name;
  private final Tensor stored;
  private final boolean plain;
  private final AtomicInteger openLeases = new AtomicInteger();

  private ArrayWeight(String name, Tensor stored, boolean plain) {
    this.name = name;
    this.stored = stored;
    this.plain = plain;
  }

  /** A weight whose elements are rounded to the given type. */
  public static ArrayWeight of(String name, DType dtype, float[] values, long... extents) {
    return new ArrayWeight(name, store(dtype, values, extents), true);
  }

  /** The same as a weight that can only be materialised. */
  public static ArrayWeight derived(String name, DType dtype, float[] values, long... extents) {
    return new ArrayWeight(name, store(dtype, values, extents), false);
  }

  /** A weight of random blocks, with values as a normal distribution of a deviation has them. */
  public static ArrayWeight blocks(
      String name, DType dtype, RandomData random, double deviation, long... extents) {
    Shape shape = Shape.of(extents);
    byte[] blocks = RandomBlocks.of(dtype, random, deviation, shape.elements());
    MemorySegment segment = Arena.ofAuto().allocate(ODD_OFFSET + blocks.length);
    MemorySegment.copy(blocks, 0, segment, ValueLayout.JAVA_BYTE, ODD_OFFSET, blocks.length);
    Tensor stored = Tensor.dense(dtype, shape, new HostStorage(segment), ODD_OFFSET);
    return new ArrayWeight(name, stored, true);
  }

  /** The same values as F32. */
  public ArrayWeight decoded() {
    return of(name, DType.F32, values(), shape().toArray());
  }

  private static Tensor store(DType dtype, float[] values, long... extents) {
    Shape shape = Shape.of(extents);
    if (shape.elements() != values.length) {
      throw new IllegalArgumentException(values.length + " values for " + shape);
    }
    MemorySegment segment =
        Arena.ofAuto().allocate(ODD_OFFSET + (long) values.length * dtype.byteSize());
    Tensor stored = Tensor.dense(dtype, shape, new HostStorage(segment), ODD_OFFSET);
    for (int i = 0; i < values.length; i++) {
      Cell.put(dtype, segment, ODD_OFFSET + (long) i * dtype.byteSize(), values[i]);
    }
    return stored;
  }

  /** The values after rounding to the stored type, or as blocks decode to them. */
  public float[] values() {
    float[] values = new float[Math.toIntExact(stored.shape().elements())];
    if (dtype().isBlockType()) {
      BlockCodec.decode(dtype(), stored.segment(), stored.byteOffset(), values, 0, values.length);
      return values;
    }
    for (int i = 0; i < values.length; i++) {
      values[i] =
          Cell.get(dtype(), stored.segment(), stored.byteOffset() + (long) i * dtype().byteSize());
    }
    return values;
  }

  /** Changes the values, as new weights would. */
  public void set(float... values) {
    for (int i = 0; i < values.length; i++) {
      long offset = stored.byteOffset() + (long) i * dtype().byteSize();
      Cell.put(dtype(), stored.segment(), offset, values[i]);
    }
  }

  public int openLeases() {
    return openLeases.get();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DType dtype() {
    return stored.dtype();
  }

  @Override
  public Shape shape() {
    return stored.shape();
  }

  @Override
  public boolean isPlain() {
    return plain;
  }

  @Override
  public WeightLease lease() {
    if (!plain) {
      throw new ModelException(ErrorCode.UNSUPPORTED_DTYPE, "Weight '" + name + "' is not plain.");
    }
    openLeases.incrementAndGet();
    return new WeightLease() {
      private boolean open = true;

      @Override
      public Tensor tensor() {
        return stored;
      }

      @Override
      public void close() {
        openLeases.addAndGet(open ? -1 : 0);
        open = false;
      }
    };
  }

  @Override
  public void materialise(Tensor target) {
    float[] values = values();
    for (int i = 0; i < values.length; i++) {
      long offset = target.byteOffset() + (long) i * target.dtype().byteSize();
      Cell.put(target.dtype(), target.segment(), offset, values[i]);
    }
  }
}
