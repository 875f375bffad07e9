package org.mla4j.models.checkpoint;

import java.nio.file.Path;
import org.mla4j.api.tensor.Shape;

/**
 * A stored tensor with elements that are NaN or infinite.
 *
 * @param tensor its name
 * @param file the file it is in
 * @param type its element type, in the words of the file format
 * @param shape its shape
 * @param first index of the first such element, row-major
 * @param count how many there are
 */
public record NonFiniteTensor(
    String tensor, Path file, String type, Shape shape, long first, long count) {

  /**
   * Says it in one sentence.
   *
   * @return file, tensor, what was found and what was expected
   */
  public String describe() {
    return file
        + ": tensor '"
        + tensor
        + "', "
        + type
        + " "
        + shape
        + ", has "
        + count
        + (count == 1 ? " element that is" : " elements that are")
        + " NaN or infinite, "
        + (count == 1 ? "" : "the first ")
        + "at index "
        + first
        + "; expected finite numbers.";
  }
}
