package org.mla4j.tck;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.BlockCodec;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.api.weight.WeightLease;

/**
 * A weight for tests: stored in F32, BF16, F16 or a block type at an odd address, as mapped files
 * may have it, or not stored at all but computed. It counts its leases.
 */
public final class SampleWeight implements WeightHandle {
  private static final long ODD_OFFSET = 1;

  private final String name;
  private final Tensor stored;
  private final boolean plain;
  private final AtomicInteger leases = new AtomicInteger();

  private SampleWeight(String name, Tensor stored, boolean plain) {
    this.name = name;
    this.stored = stored;
    this.plain = plain;
  }

  /**
   * Makes a weight.
   *
   * @param name its name
   * @param dtype F32, BF16 or F16, which the values are rounded to
   * @param values its elements, row-major
   * @param extents its shape
   * @return the weight
   */
  public static SampleWeight of(String name, DType dtype, double[] values, long... extents) {
    return make(name, dtype, values, true, extents);
  }

  /**
   * Makes a weight that can only be materialised.
   *
   * @param name its name
   * @param values its elements, row-major
   * @param extents its shape
   * @return the weight
   */
  public static SampleWeight derived(String name, double[] values, long... extents) {
    return make(name, DType.F32, values, false, extents);
  }

  /**
   * Makes a weight of a block type.
   *
   * @param name its name
   * @param dtype a block type
   * @param blocks its blocks, row-major
   * @param extents its shape
   * @return the weight; its values cannot be {@linkplain #set set}
   */
  public static SampleWeight blocks(String name, DType dtype, byte[] blocks, long... extents) {
    Shape shape = Shape.of(extents);
    if (!dtype.isBlockType() || dtype.byteCount(shape.elements()) != blocks.length) {
      throw new IllegalArgumentException(
          "Weight '"
              + name
              + "': "
              + blocks.length
              + " bytes of "
              + dtype
              + "; expected the blocks of "
              + shape
              + ".");
    }
    MemorySegment segment = Arena.ofAuto().allocate(ODD_OFFSET + blocks.length);
    MemorySegment.copy(blocks, 0, segment, ValueLayout.JAVA_BYTE, ODD_OFFSET, blocks.length);
    Tensor stored = Tensor.dense(dtype, shape, new HostStorage(segment), ODD_OFFSET);
    return new SampleWeight(name, stored, true);
  }

  private static SampleWeight make(
      String name, DType dtype, double[] values, boolean plain, long... extents) {
    Shape shape = Shape.of(extents);
    if (shape.elements() != values.length) {
      throw new IllegalArgumentException(
          "Weight '" + name + "': " + values.length + " values; expected those of " + shape + ".");
    }
    MemorySegment segment =
        Arena.ofAuto().allocate(ODD_OFFSET + (long) values.length * dtype.byteSize());
    SampleWeight weight =
        new SampleWeight(
            name, Tensor.dense(dtype, shape, new HostStorage(segment), ODD_OFFSET), plain);
    weight.set(values);
    return weight;
  }

  /**
   * Changes the values, as a reload would; not those of a block type.
   *
   * @param values the new elements
   */
  public void set(double... values) {
    for (int i = 0; i < values.length; i++) {
      write(stored, i, (float) values[i]);
    }
  }

  /**
   * Returns how many leases are open.
   *
   * @return 0 when all were returned
   */
  public int openLeases() {
    return leases.get();
  }

  /**
   * Returns the bytes as stored.
   *
   * @return a copy
   */
  public byte[] bytes() {
    return stored.segment().toArray(ValueLayout.JAVA_BYTE);
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
      throw new ModelException(
          ErrorCode.UNSUPPORTED_DTYPE,
          "Weight '" + name + "' is computed, not stored; materialise it instead.");
    }
    leases.incrementAndGet();
    return new WeightLease() {
      private boolean open = true;

      @Override
      public Tensor tensor() {
        return stored;
      }

      @Override
      public void close() {
        if (open) {
          open = false;
          leases.decrementAndGet();
        }
      }
    };
  }

  @Override
  public void materialise(Tensor target) {
    DType dtype = target.dtype();
    boolean holds = dtype == DType.F32 || dtype == DType.BF16 || dtype == DType.F16;
    if (!holds || !target.shape().equals(shape()) || !target.isDense()) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Weight '"
              + name
              + "': expected a dense target of type F32, F16 or BF16 and shape "
              + shape()
              + ", found "
              + target
              + ".");
    }
    int count = Math.toIntExact(shape().elements());
    float[] values = new float[count];
    if (stored.dtype().isBlockType()) {
      BlockCodec.decode(stored.dtype(), stored.segment(), stored.byteOffset(), values, 0, count);
    } else {
      for (int i = 0; i < count; i++) {
        values[i] = read(stored, i);
      }
    }
    for (int i = 0; i < count; i++) {
      write(target, i, values[i]);
    }
  }

  private static float read(Tensor from, long index) {
    MemorySegment segment = from.segment();
    long offset = from.byteOffset() + index * from.dtype().byteSize();
    return switch (from.dtype()) {
      case F32 -> segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, offset);
      case BF16 -> BFloat16.toFloat(segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset));
      case F16 -> Float.float16ToFloat(segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset));
      default -> throw unexpected(from.dtype());
    };
  }

  private static void write(Tensor to, long index, float value) {
    MemorySegment segment = to.segment();
    long offset = to.byteOffset() + to.dtype().byteCount(index);
    switch (to.dtype()) {
      case F32 -> segment.set(ValueLayout.JAVA_FLOAT_UNALIGNED, offset, value);
      case BF16 -> segment.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, BFloat16.fromFloat(value));
      case F16 ->
          segment.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, Float.floatToFloat16(value));
      default -> throw unexpected(to.dtype());
    }
  }

  private static IllegalArgumentException unexpected(DType dtype) {
    return new IllegalArgumentException(
        "A sample weight of " + dtype + "; expected F32, BF16 or F16.");
  }
}
