package org.mla4j.api.spec;

import java.util.List;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;

/**
 * What a layer keeps of each token: named parts of one row, and their element type.
 *
 * <p>The engine and its block allocator know blocks only; specs may differ by layer.
 *
 * @param parts the parts of a row, in order
 * @param dtype element type of a cell: F32, BF16, F16 or F8_E4M3
 * @param scale for F8_E4M3, what a stored code is multiplied by when it is read; 1 when the
 *     checkpoint gives none
 */
public record CacheSpec(List<Part> parts, DType dtype, float scale) {
  /**
   * One part of a row.
   *
   * @param name for example {@code latent}
   * @param width elements
   */
  public record Part(String name, int width) {}

  /**
   * Checks the parts, the type and the scale.
   *
   * @throws org.mla4j.api.error.InvalidInputException if there is no part, a width is not positive,
   *     the type cannot be a cache cell, or the scale is not a positive finite number
   */
  public CacheSpec {
    parts = List.copyOf(parts);
    SpecCheck.require(!parts.isEmpty(), "CacheSpec", "no parts; expected at least one");
    for (Part part : parts) {
      SpecCheck.positive("CacheSpec", "width of part '" + part.name() + "'", part.width());
    }
    SpecCheck.require(
        dtype.isFloat(),
        "CacheSpec",
        "dtype = " + dtype + "; expected one of F32, BF16, F16, F8_E4M3");
    SpecCheck.positive("CacheSpec", "scale", scale);
  }

  /**
   * Makes the spec of an MLA layer: the normed latent, then the rotated key.
   *
   * @param kvLoraRank width of the latent
   * @param qkRopeHeadDim width of the rotary key; 0 for a layer without rope
   * @param dtype element type of a cell
   * @return the spec, with scale 1
   */
  public static CacheSpec mla(int kvLoraRank, int qkRopeHeadDim, DType dtype) {
    Part latent = new Part("latent", kvLoraRank);
    return new CacheSpec(
        qkRopeHeadDim == 0 ? List.of(latent) : List.of(latent, new Part("rope", qkRopeHeadDim)),
        dtype,
        1f);
  }

  /**
   * Returns the width of a row.
   *
   * @return elements, all parts together
   */
  public int rowWidth() {
    return parts.stream().mapToInt(Part::width).sum();
  }

  /**
   * Returns what one token costs in one layer.
   *
   * @return bytes
   */
  public long bytesPerToken() {
    return (long) rowWidth() * dtype.byteSize();
  }

  /**
   * Returns the shape of the cache tensor: {@code [blocks, blockSize, rowWidth]}, row-major.
   *
   * @param blocks number of blocks
   * @param blockSize tokens per block
   * @return the shape
   */
  public Shape shape(int blocks, int blockSize) {
    return Shape.of(blocks, blockSize, rowWidth());
  }
}
