package org.mla4j.api.weight;

import org.mla4j.api.tensor.Tensor;

/**
 * The right to read a stored weight in place. Closing twice does no harm; the tensor must not be
 * used after.
 *
 * <p>Threading: close from any thread, when no other thread still reads.
 */
public interface WeightLease extends AutoCloseable {
  /**
   * Returns the weight as stored.
   *
   * @return a dense host tensor, read only
   */
  Tensor tensor();

  @Override
  void close();
}
