package org.mla4j.api.op;

import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;

/**
 * The values around an op as numbers, for a reference function. Rows are live rows, from 0 on;
 * elements of a row are counted row-major in the value's row shape.
 */
public interface ReferenceData {
  /**
   * Returns the step.
   *
   * @return the step; its {@code count} tells how many rows a value has
   */
  StepDescription step();

  /**
   * Reads an element.
   *
   * @param value a value that the op reads
   * @param row a live row
   * @param element index in the row
   * @return the element
   */
  double get(StepValue value, int row, int element);

  /**
   * Writes an element.
   *
   * @param value a value that the op writes
   * @param row a live row
   * @param element index in the row
   * @param number the element; rounded to the value's type
   */
  void set(StepValue value, int row, int element, double number);

  /**
   * Reads an element of a weight, dequantised.
   *
   * @param weight a weight of the op
   * @param index index among all elements, row-major
   * @return the element
   */
  double weight(WeightHandle weight, long index);

  /**
   * Reads an element of a cache row as attention sees it, widened and scaled.
   *
   * @param cache a cache that the op reads
   * @param slot the row
   * @param element index in the row, over all its parts
   * @return the element
   */
  double cached(CacheValue cache, long slot, int element);

  /**
   * Writes an element of a cache row.
   *
   * @param cache a cache that the op writes
   * @param slot the row
   * @param element index in the row, over all its parts
   * @param number the element; rounded as the cache stores it
   */
  void cache(CacheValue cache, long slot, int element, double number);
}
