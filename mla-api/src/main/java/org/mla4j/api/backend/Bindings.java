package org.mla4j.api.backend;

import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;

/** The memory behind the values of a plan, bound once, at the largest number of rows. */
public interface Bindings {
  /**
   * Returns the tensor of a value.
   *
   * @param value a value that the op names
   * @return its tensor with the rows it has in a step
   */
  StepTensor tensor(StepValue value);

  /**
   * Returns the tensor of a cache.
   *
   * @param value a cache that the op names
   * @return {@code [blocks, blockSize, rowWidth]}, dense
   */
  Tensor cache(CacheValue value);
}
