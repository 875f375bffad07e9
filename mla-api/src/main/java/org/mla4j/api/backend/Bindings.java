package org.mla4j.api.backend;

import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;

/**
 * The memory behind the values of a plan, bound once, at the largest number of rows.
 *
 * <p>Two values may share memory if no node needs both while nodes run in the order of the plan,
 * one after another.
 */
public interface Bindings {
  /**
   * Returns the tensor of a value.
   *
   * @param value a value that the op reads or writes, or a view of one; what only its parts know
   *     has no memory
   * @return its tensor with the rows it has in a step
   */
  StepTensor tensor(StepValue value);

  /**
   * Returns the tensor of a cache that lies in one.
   *
   * @param value a cache that the op names, with {@code ROWS} for its arrangement
   * @return {@code [blocks, blockSize, cellsPerRow]}, dense; blocks as kernels see them
   */
  default Tensor cache(CacheValue value) {
    return cache(value, 0);
  }

  /**
   * Returns one of the tensors of a cache.
   *
   * @param value a cache that the op names
   * @param tensor which of those that its layout has: 0, or the index of a part
   * @return of the shape that the layout says, dense
   */
  Tensor cache(CacheValue value, int tensor);
}
