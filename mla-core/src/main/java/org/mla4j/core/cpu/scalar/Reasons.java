package org.mla4j.core.cpu.scalar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.mla4j.api.backend.Support;
import org.mla4j.api.spec.CacheSpec.Part;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;

/**
 * Collects what speaks against running an op. Each check adds at most one reason per fact, so that
 * all are seen at once.
 */
final class Reasons {
  private final List<String> found = new ArrayList<>();

  Support answer() {
    return Support.unless(found);
  }

  Reasons require(boolean holds, String reason) {
    if (!holds) {
      found.add(reason);
    }
    return this;
  }

  /** The elements of a row lie side by side, {@code width} of them. */
  Reasons flat(String part, StepValue value, long width, DType dtype) {
    dtype(part, value, dtype);
    require(
        value.rowShape().elements() == width,
        part
            + " "
            + value.rowShape()
            + " has "
            + value.rowShape().elements()
            + " elements in a row; expected "
            + width);
    return require(
        value.isRowDense(),
        part
            + " "
            + value.rowShape()
            + " has gaps between the elements of a row; expected them side by side");
  }

  Reasons flat(String part, StepValue value, long width) {
    return flat(part, value, width, DType.F32);
  }

  /** A row is {@code [heads, width]}; heads may lie apart, their elements do not. */
  Reasons heads(String part, StepValue value, long heads, long width) {
    dtype(part, value, DType.F32);
    if (!isHeads(value)) {
      return require(false, part + " " + value.rowShape() + "; expected rows of [heads, width]");
    }
    require(
        value.rowShape().extent(0) == heads && value.rowShape().extent(1) == width,
        part + " " + value.rowShape() + "; expected [" + heads + ", " + width + "]");
    return require(
        width == 1 || value.rowStrides()[1] == 1,
        part + " has gaps between the elements of a head; expected them side by side");
  }

  static boolean isHeads(StepValue value) {
    return value.rowShape().rank() == 2;
  }

  private void dtype(String part, StepValue value, DType dtype) {
    require(value.dtype() == dtype, part + " is " + value.dtype() + "; expected " + dtype);
  }

  /** All values have one kind of rows. */
  Reasons sameRows(StepValue... values) {
    Rows rows = values[0].rows();
    return require(
        Arrays.stream(values).allMatch(value -> value.rows() == rows),
        "rows differ: "
            + String.join(", ", Arrays.stream(values).map(v -> v.name() + " " + v.rows()).toList())
            + "; expected one kind");
  }

  /** Rows are tokens of the step, so that they have a position. */
  Reasons tokenRows(String part, StepValue value) {
    return require(
        value.rows() == Rows.ALL || value.rows() == Rows.DECODE || value.rows() == Rows.PREFILL,
        part + " has " + value.rows() + " rows; expected rows of tokens");
  }

  Reasons weight(String part, WeightHandle weight, long... extents) {
    readable(part, weight);
    return require(
        Arrays.equals(weight.shape().toArray(), extents),
        part
            + " '"
            + weight.name()
            + "' is "
            + weight.shape()
            + "; expected "
            + Arrays.toString(extents));
  }

  /** The weight is a matrix with {@code columns} columns. */
  Reasons matrix(String part, WeightHandle weight, long columns) {
    readable(part, weight);
    return require(
        isMatrix(weight) && weight.shape().extent(1) == columns,
        part
            + " '"
            + weight.name()
            + "' is "
            + weight.shape()
            + "; expected a matrix with "
            + columns
            + " columns");
  }

  static boolean isMatrix(WeightHandle weight) {
    return weight.shape().rank() == 2;
  }

  private void readable(String part, WeightHandle weight) {
    require(
        weight.dtype().isFloat() || weight.dtype().isBlockType(),
        part
            + " '"
            + weight.name()
            + "' is "
            + weight.dtype()
            + "; expected F32, BF16, F16, F8_E4M3 or a block type");
  }

  Reasons cache(CacheValue cache, long width) {
    return require(
        cache.spec().rowWidth() == width,
        "cache '"
            + cache.name()
            + "' has "
            + cache.spec().rowWidth()
            + " elements in a row; expected "
            + width);
  }

  /** The cache has parts of these widths. */
  Reasons cacheParts(CacheValue cache, long... widths) {
    long width = Arrays.stream(widths).sum();
    if (cache.spec().rowWidth() != width) {
      return cache(cache, width);
    }
    return require(
        Arrays.equals(cache.spec().parts().stream().mapToLong(Part::width).toArray(), widths),
        "cache '"
            + cache.name()
            + "' has rows of "
            + cache.spec().parts()
            + "; expected parts of "
            + Arrays.toString(widths)
            + " elements");
  }
}
