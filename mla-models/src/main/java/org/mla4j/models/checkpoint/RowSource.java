package org.mla4j.models.checkpoint;

import java.util.function.Consumer;

/**
 * Gives the rows of a tensor one after another, so that a file can be written without any tensor in
 * memory as a whole.
 */
@FunctionalInterface
public interface RowSource {
  /**
   * Gives all rows in their order, each to be read before the call returns.
   *
   * @param rows takes the values of one row; the array may be used again for the next
   */
  void forEachRow(Consumer<float[]> rows);
}
