package org.mla4j.opencl.kernel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.mla4j.api.backend.Support;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;

/** Collects what speaks against running an op, so that all of it is seen at once. */
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

  /** Rows of so many elements of F32, side by side. */
  Reasons flat(String part, StepValue value, long width) {
    return flat(part, value, width, DType.F32);
  }

  /** Rows of so many elements of a type, side by side. */
  Reasons flat(String part, StepValue value, long width, DType dtype) {
    require(value.dtype() == dtype, part + " is " + value.dtype() + "; expected " + dtype);
    require(
        value.rowShape().elements() == width,
        part + " " + value.rowShape() + "; expected " + width + " elements in a row");
    return require(
        value.isRowDense(),
        part + " has gaps between the elements of a row; expected them side by side");
  }

  /** Rows of {@code [heads, width]} of F32; heads may lie apart, their elements do not. */
  Reasons heads(String part, StepValue value, long heads, long width) {
    require(value.dtype() == DType.F32, part + " is " + value.dtype() + "; expected F32");
    if (!isHeads(value)) {
      return require(false, part + " " + value.rowShape() + "; expected rows of [heads, width]");
    }
    require(
        headCount(value) == heads && headWidth(value) == width,
        part + " " + value.rowShape() + "; expected [" + heads + ", " + width + "]");
    return sideBySide(part, value);
  }

  /** Rows whose innermost elements lie side by side, in at most two axes. */
  Reasons copyable(String part, StepValue value) {
    int rank = value.rowShape().rank();
    if (rank != 1 && rank != 2) {
      return require(false, part + " " + value.rowShape() + "; expected rows of one or two axes");
    }
    return sideBySide(part, value);
  }

  private Reasons sideBySide(String part, StepValue value) {
    int last = value.rowShape().rank() - 1;
    return require(
        value.rowShape().extent(last) <= 1 || value.rowStrides()[last] == 1,
        part + " has gaps between its innermost elements; expected them side by side");
  }

  static boolean isHeads(StepValue value) {
    return value.rowShape().rank() == 2;
  }

  static long headCount(StepValue value) {
    return isHeads(value) ? value.rowShape().extent(0) : 0;
  }

  static long headWidth(StepValue value) {
    return isHeads(value) ? value.rowShape().extent(1) : 0;
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

  /** A cache with rows of so many elements, one after another. */
  Reasons cache(CacheValue cache, long width) {
    require(
        cache.layout().equals(CacheLayout.ROW_MAJOR),
        "cache '"
            + cache.name()
            + "' lies in memory as "
            + cache.layout()
            + "; expected "
            + CacheLayout.ROW_MAJOR);
    return require(
        cache.spec().rowWidth() == width,
        "cache '"
            + cache.name()
            + "' has "
            + cache.spec().rowWidth()
            + " elements in a row; expected "
            + width);
  }

  /** A cache whose rows have a latent and a rotary key of these widths. */
  Reasons cache(CacheValue cache, long latent, long rope) {
    return cache(cache, latent + rope)
        .require(
            cache.spec().parts().size() == 2 && cache.spec().parts().getFirst().width() == latent,
            "cache '"
                + cache.name()
                + "' has rows of "
                + cache.spec().parts()
                + "; expected parts of "
                + List.of(latent, rope)
                + " elements");
  }

  Reasons weight(String part, WeightHandle weight, long... extents) {
    return readable(part, weight)
        .require(
            Arrays.equals(weight.shape().toArray(), extents),
            part
                + " '"
                + weight.name()
                + "' is "
                + weight.shape()
                + "; expected "
                + Arrays.toString(extents));
  }

  /** A matrix with so many columns. */
  Reasons matrix(String part, WeightHandle weight, long columns) {
    return readable(part, weight)
        .require(
            weight.shape().rank() == 2 && weight.shape().extent(1) == columns,
            part
                + " '"
                + weight.name()
                + "' is "
                + weight.shape()
                + "; expected a matrix with "
                + columns
                + " columns");
  }

  private Reasons readable(String part, WeightHandle weight) {
    return require(
        weight.dtype().isFloat() || weight.dtype().isBlockType(),
        part + " '" + weight.name() + "' is " + weight.dtype() + "; expected numbers");
  }
}
