package org.mla4j.api.tensor;

import java.util.Arrays;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/**
 * The extents of a tensor, outermost first. Immutable.
 *
 * <p>A scalar has rank 0 and one element; an extent may be 0.
 */
public final class Shape {
  private final long[] extents;

  private Shape(long[] extents) {
    this.extents = extents;
  }

  /**
   * Makes a shape.
   *
   * @param extents the extents, outermost first
   * @return the shape
   * @throws InvalidInputException if an extent is negative or the number of elements exceeds a long
   */
  public static Shape of(long... extents) {
    Shape shape = new Shape(extents.clone());
    long elements = 1;
    for (long extent : extents) {
      if (extent < 0) {
        throw new InvalidInputException(
            ErrorCode.INVALID_PLAN, "Shape " + shape + " has a negative extent.");
      }
      try {
        elements = Math.multiplyExact(elements, extent);
      } catch (ArithmeticException e) {
        throw new InvalidInputException(
            ErrorCode.INVALID_PLAN,
            "Shape " + shape + " has more elements than a long can count.",
            e);
      }
    }
    return shape;
  }

  /**
   * Returns the number of axes.
   *
   * @return 0 for a scalar
   */
  public int rank() {
    return extents.length;
  }

  /**
   * Returns one extent.
   *
   * @param axis 0 is the outermost; a negative axis counts from the innermost, -1
   * @return the extent
   * @throws IndexOutOfBoundsException if there is no such axis
   */
  public long extent(int axis) {
    return extents[axis < 0 ? extents.length + axis : axis];
  }

  /**
   * Returns all extents.
   *
   * @return a copy, outermost first
   */
  public long[] toArray() {
    return extents.clone();
  }

  /**
   * Returns the number of elements.
   *
   * @return the product of the extents
   */
  public long elements() {
    long elements = 1;
    for (long extent : extents) {
      elements *= extent;
    }
    return elements;
  }

  /**
   * Returns this shape with one more, outermost axis.
   *
   * @param extent the extent of the new axis
   * @return the longer shape
   */
  public Shape prepend(long extent) {
    long[] longer = new long[extents.length + 1];
    longer[0] = extent;
    System.arraycopy(extents, 0, longer, 1, extents.length);
    return of(longer);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(extents, shape.extents);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(extents);
  }

  /** Returns the extents in brackets, for example {@code [33, 768]}. */
  @Override
  public String toString() {
    return Arrays.toString(extents);
  }
}
