package org.mla4j.api.value;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;

/**
 * A tensor that a step computes: one row per token of a {@linkplain #rows() kind}, each of a fixed
 * shape. It is either a buffer of its own, or a view of part of each row of another value, or of
 * part of its rows; views alias their base.
 */
public final class StepValue implements Value {
  private final String name;
  private final DType dtype;
  private final Rows rows;
  private final Shape rowShape;
  private final long[] rowStrides;
  private final long rowOffset;
  private final @Nullable StepValue root;

  private StepValue(
      String name,
      DType dtype,
      Rows rows,
      Shape rowShape,
      long[] rowStrides,
      long rowOffset,
      @Nullable StepValue root) {
    this.name = name;
    this.dtype = dtype;
    this.rows = rows;
    this.rowShape = rowShape;
    this.rowStrides = rowStrides;
    this.rowOffset = rowOffset;
    this.root = root;
  }

  /**
   * Describes a buffer.
   *
   * @param name unique in the plan
   * @param dtype element type; no block type
   * @param rows which rows it has
   * @param rowExtents shape of one row
   * @return the value
   * @throws InvalidInputException if the type is a block type
   */
  public static StepValue buffer(String name, DType dtype, Rows rows, long... rowExtents) {
    if (dtype.isBlockType()) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Value '"
              + name
              + "' of type "
              + dtype
              + "; expected no block type: those hold weights.");
    }
    Shape rowShape = Shape.of(rowExtents);
    long[] strides = new long[rowExtents.length];
    long stride = 1;
    for (int axis = strides.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= rowExtents[axis];
    }
    return new StepValue(name, dtype, rows, rowShape, strides, 0, null);
  }

  /**
   * Describes a view of part of each row.
   *
   * @param viewName unique in the plan
   * @param axis axis of the row shape; a negative one counts from the innermost
   * @param start first index on that axis
   * @param length how many
   * @return the view
   * @throws InvalidInputException if the range leaves the axis
   */
  public StepValue narrow(String viewName, int axis, long start, long length) {
    int index = axis < 0 ? rowShape.rank() + axis : axis;
    if (start < 0 || length < 0 || start > rowShape.extent(index) - length) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "View '"
              + viewName
              + "' of "
              + this
              + ": range of "
              + length
              + " from "
              + start
              + " leaves axis "
              + index
              + ".");
    }
    long[] extents = rowShape.toArray();
    extents[index] = length;
    return new StepValue(
        viewName,
        dtype,
        rows,
        Shape.of(extents),
        rowStrides,
        rowOffset + start * rowStrides[index],
        root());
  }

  /**
   * Describes a view of each row in another shape, for example {@code [N * V]} as {@code [N, V]}.
   *
   * @param viewName unique in the plan
   * @param rowExtents the new shape of a row, with as many elements
   * @return the view
   * @throws InvalidInputException if the number of elements differs or the rows of this value are
   *     not dense
   */
  public StepValue reshape(String viewName, long... rowExtents) {
    StepValue dense = buffer(viewName, dtype, rows, rowExtents);
    if (dense.rowShape.elements() != rowShape.elements() || !isRowDense()) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "View '" + viewName + "' " + dense.rowShape + ": cannot reshape " + this + ".");
    }
    return new StepValue(
        viewName, dtype, rows, dense.rowShape, dense.rowStrides, rowOffset, root());
  }

  /**
   * Describes a view of the decode rows or the prefill rows.
   *
   * @param part which rows
   * @return the view; itself if it has those rows already
   * @throws InvalidInputException if this value does not have all rows
   */
  public StepValue only(Rows part) {
    if (part == rows) {
      return this;
    }
    if (rows != Rows.ALL || part == Rows.LOGITS) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN, "The " + part + " rows of " + this + " do not exist.");
    }
    return new StepValue(
        name + "@" + part.name().toLowerCase(java.util.Locale.ROOT),
        dtype,
        part,
        rowShape,
        rowStrides,
        rowOffset,
        root());
  }

  @Override
  public String name() {
    return name;
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
   * Returns which rows there are.
   *
   * @return the kind of rows
   */
  public Rows rows() {
    return rows;
  }

  /**
   * Returns the shape of one row.
   *
   * @return the shape
   */
  public Shape rowShape() {
    return rowShape;
  }

  /**
   * Returns the number of elements of one row.
   *
   * @return elements
   */
  public int rowWidth() {
    return Math.toIntExact(rowShape.elements());
  }

  /**
   * Returns the strides inside a row.
   *
   * @return elements, one per axis of the row shape
   */
  public long[] rowStrides() {
    return rowStrides.clone();
  }

  /**
   * Returns where a row of this value starts in a row of its root.
   *
   * @return elements
   */
  public long rowOffset() {
    return rowOffset;
  }

  /**
   * Returns the buffer behind this value.
   *
   * @return itself, if it is no view
   */
  public StepValue root() {
    return root == null ? this : root;
  }

  /**
   * Tells whether this aliases part of another value.
   *
   * @return true for a view
   */
  public boolean isView() {
    return root != null;
  }

  /**
   * Tells whether the elements of one row lie side by side.
   *
   * @return true if dense
   */
  public boolean isRowDense() {
    long expected = 1;
    for (int axis = rowStrides.length - 1; axis >= 0; axis--) {
      if (rowShape.extent(axis) != 1 && rowStrides[axis] != expected) {
        return false;
      }
      expected *= rowShape.extent(axis);
    }
    return true;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StepValue value
        && name.equals(value.name)
        && dtype == value.dtype
        && rows == value.rows
        && rowShape.equals(value.rowShape)
        && Arrays.equals(rowStrides, value.rowStrides)
        && rowOffset == value.rowOffset
        && Objects.equals(root, value.root);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  /**
   * Returns name, type, rows and row shape, for example {@code layers.0.attn.q F32 ALL x [16,
   * 192]}.
   */
  @Override
  public String toString() {
    return name + " " + dtype + " " + rows + " x " + rowShape;
  }
}
