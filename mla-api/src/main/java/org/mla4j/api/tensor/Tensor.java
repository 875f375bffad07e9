package org.mla4j.api.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/**
 * A strided view of a storage: element type, shape, strides. Immutable; its elements are not.
 *
 * <p>Ownership: a tensor borrows its storage. Threading: as the storage's owner says; a tensor
 * itself is safe to share.
 */
public final class Tensor {
  private final DType dtype;
  private final Shape shape;
  private final long[] strides;
  private final Storage storage;
  private final long byteOffset;

  private Tensor(DType dtype, Shape shape, long[] strides, Storage storage, long byteOffset) {
    this.dtype = dtype;
    this.shape = shape;
    this.strides = strides;
    this.storage = storage;
    this.byteOffset = byteOffset;
  }

  /**
   * Makes a dense, row-major tensor over the start of a host segment.
   *
   * @param dtype element type
   * @param shape shape
   * @param segment at least as many bytes as the elements need; need not be aligned
   * @return the tensor
   * @throws InvalidInputException if the segment is too small
   */
  public static Tensor dense(DType dtype, Shape shape, MemorySegment segment) {
    return dense(dtype, shape, new HostStorage(segment), 0);
  }

  /**
   * Makes a dense, row-major tensor inside a storage.
   *
   * @param dtype element type
   * @param shape shape
   * @param storage where the elements are
   * @param byteOffset offset of the first element in the storage
   * @return the tensor
   * @throws InvalidInputException if the storage ends before the last element
   */
  public static Tensor dense(DType dtype, Shape shape, Storage storage, long byteOffset) {
    long[] strides = new long[shape.rank()];
    long stride = 1;
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= shape.extent(axis);
    }
    return strided(dtype, shape, strides, storage, byteOffset);
  }

  /**
   * Makes a strided tensor inside a storage.
   *
   * @param dtype element type; of a block type, the innermost extent and all strides but the
   *     innermost are whole blocks, and the innermost stride is 1
   * @param shape shape
   * @param strides distance between neighbours along each axis, in elements; not negative
   * @param storage where the elements are
   * @param byteOffset offset of the first element in the storage
   * @return the tensor
   * @throws InvalidInputException if the number of strides differs from the rank, a stride is
   *     negative, a row divides a block, or the storage ends before the last element
   */
  public static Tensor strided(
      DType dtype, Shape shape, long[] strides, Storage storage, long byteOffset) {
    if (strides.length != shape.rank()) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Tensor of shape "
              + shape
              + ": expected "
              + shape.rank()
              + " strides, found "
              + strides.length
              + ".");
    }
    if (Arrays.stream(strides).anyMatch(stride -> stride < 0)) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Tensor of shape "
              + shape
              + ": strides "
              + Arrays.toString(strides)
              + " contain a negative one.");
    }
    requireWholeBlocks(dtype, shape, strides);
    long end = end(dtype, shape, strides, byteOffset);
    if (byteOffset < 0 || end > storage.byteSize()) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Tensor "
              + dtype
              + " "
              + shape
              + " at byte "
              + byteOffset
              + " ends at byte "
              + end
              + ", but its storage has "
              + storage.byteSize()
              + " bytes.");
    }
    return new Tensor(dtype, shape, strides.clone(), storage, byteOffset);
  }

  private static void requireWholeBlocks(DType dtype, Shape shape, long[] strides) {
    boolean whole = true;
    for (int axis = 0; axis < strides.length && dtype.isBlockType(); axis++) {
      boolean innermost = axis == strides.length - 1;
      long run = innermost ? shape.extent(axis) : strides[axis];
      whole &= run % dtype.blockElements() == 0 && !(innermost && strides[axis] != 1);
    }
    if (!whole || (dtype.isBlockType() && strides.length == 0)) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Tensor "
              + dtype
              + " "
              + shape
              + " with strides "
              + Arrays.toString(strides)
              + ": expected rows of whole blocks of "
              + dtype.blockElements()
              + " neighbours.");
    }
  }

  /** Where the last element ends, in bytes; the largest long if that is beyond every storage. */
  private static long end(DType dtype, Shape shape, long[] strides, long byteOffset) {
    if (shape.elements() == 0) {
      return byteOffset;
    }
    try {
      long elements = 1;
      for (int axis = 0; axis < strides.length; axis++) {
        elements =
            Math.addExact(elements, Math.multiplyExact(shape.extent(axis) - 1, strides[axis]));
      }
      return Math.addExact(byteOffset, dtype.byteCount(elements));
    } catch (ArithmeticException e) {
      return Long.MAX_VALUE;
    }
  }

  /**
   * Returns the element type.
   *
   * @return the element type
   */
  public DType dtype() {
    return dtype;
  }

  /**
   * Returns the shape.
   *
   * @return the shape
   */
  public Shape shape() {
    return shape;
  }

  /**
   * Returns the storage.
   *
   * @return the storage, borrowed
   */
  public Storage storage() {
    return storage;
  }

  /**
   * Returns the offset of the first element.
   *
   * @return bytes from the start of the storage
   */
  public long byteOffset() {
    return byteOffset;
  }

  /**
   * Returns the distance between neighbours along an axis.
   *
   * @param axis 0 is the outermost; a negative axis counts from the innermost, -1
   * @return elements
   */
  public long stride(int axis) {
    return strides[axis < 0 ? strides.length + axis : axis];
  }

  /**
   * Returns the distance between neighbours along an axis.
   *
   * @param axis 0 is the outermost; a negative axis counts from the innermost, -1; of a block type,
   *     not the innermost
   * @return bytes
   */
  public long byteStride(int axis) {
    return dtype.byteCount(stride(axis));
  }

  /**
   * Tells whether the elements lie dense and row-major.
   *
   * @return true if so
   */
  public boolean isDense() {
    long expected = 1;
    for (int axis = strides.length - 1; axis >= 0; axis--) {
      if (shape.extent(axis) != 1 && strides[axis] != expected) {
        return false;
      }
      expected *= shape.extent(axis);
    }
    return true;
  }

  /**
   * Returns the whole storage as host memory; the first element is at {@link #byteOffset()}.
   *
   * @return the segment
   * @throws InvalidInputException if the storage belongs to a device
   */
  public MemorySegment segment() {
    return switch (storage) {
      case HostStorage host -> host.segment();
      case DeviceStorage device ->
          throw new InvalidInputException(
              ErrorCode.INVALID_PLAN,
              "Tensor "
                  + this
                  + " lies on device '"
                  + device.device()
                  + "'; expected host memory.");
    };
  }

  /**
   * Returns the part of this tensor with indices {@code start} to {@code start + length - 1} of an
   * axis.
   *
   * @param axis 0 is the outermost; a negative axis counts from the innermost, -1
   * @param start first index
   * @param length how many
   * @return a view of the same storage
   * @throws InvalidInputException if the range leaves the axis or divides a block
   */
  public Tensor narrow(int axis, long start, long length) {
    int index = axis < 0 ? shape.rank() + axis : axis;
    if (start < 0 || length < 0 || length > shape.extent(index) - start) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Range of "
              + length
              + " from "
              + start
              + " leaves axis "
              + index
              + " of tensor "
              + this
              + ".");
    }
    long[] extents = shape.toArray();
    extents[index] = length;
    Shape part = Shape.of(extents);
    requireWholeBlocks(dtype, part, strides);
    long skipped = start * stride(index);
    if (skipped % dtype.blockElements() != 0) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Range from " + start + " of axis " + index + " of tensor " + this + " divides a block.");
    }
    return new Tensor(dtype, part, strides, storage, byteOffset + dtype.byteCount(skipped));
  }

  /** Returns element type, shape and device, for example {@code BF16 [576, 2048] on host}. */
  @Override
  public String toString() {
    return dtype + " " + shape + " on " + storage.device();
  }
}
