package org.mla4j.api.backend;

import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.Tensor;

/**
 * A tensor of a step: bound at the largest number of rows, of which a step has some.
 *
 * @param tensor axis 0 is the row; the rest as in the value's row shape
 * @param rows which rows the value has
 * @param bufferRows which rows the buffer behind it has: of a view of the prefill rows of all
 *     tokens, {@code ALL}
 */
public record StepTensor(Tensor tensor, Rows rows, Rows bufferRows) {
  /**
   * Returns how many rows are live.
   *
   * @param step the step
   * @return rows
   */
  public int count(StepDescription step) {
    return step.count(rows);
  }

  /**
   * Returns where the first live row starts.
   *
   * @param step the step
   * @return bytes from the start of the storage
   */
  public long offset(StepDescription step) {
    long skipped =
        rows == bufferRows ? 0 : (long) step.firstToken(rows) - step.firstToken(bufferRows);
    return tensor.byteOffset() + skipped * tensor.byteStride(0);
  }

  /**
   * Returns the distance between rows.
   *
   * @return bytes
   */
  public long rowBytes() {
    return tensor.byteStride(0);
  }
}
