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
 * @param format what the cells of a row are
 */
public record CacheSpec(List<Part> parts, DType dtype, float scale, Format format) {
  /** Name of the part that holds the latent of an MLA layer. */
  public static final String LATENT = "latent";

  /** Name of the part that holds the rotary key of an MLA layer. */
  public static final String ROPE = "rope";

  /** Latent elements of a row of {@link Format#FP8_DS_MLA}. */
  public static final int DS_MLA_LATENT = 512;

  /** Rotary elements of a row of {@link Format#FP8_DS_MLA}. */
  public static final int DS_MLA_ROPE = 64;

  /** Bytes of a row of {@link Format#FP8_DS_MLA}. */
  public static final int DS_MLA_BYTES = 656;

  /** What the cells of a row are. */
  public enum Format {
    /** One cell of the element type for each element. */
    CELLS,
    /**
     * 656 bytes: the 512 elements of the latent as F8_E4M3 codes, then for each 128 of them a scale
     * as little-endian binary32, then the 64 elements of the rotary key as BF16. The scale of 128
     * elements is {@code max(max|x| / 448, 1.17549435e-38)}, a code {@code round(x / scale)}. The
     * element type is F8_E4M3; the {@code scale} of the spec is not used and is 1.
     */
    FP8_DS_MLA
  }

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
    SpecCheck.require(
        format != Format.FP8_DS_MLA
            || (dtype == DType.F8_E4M3
                && scale == 1
                && parts.equals(
                    List.of(new Part(LATENT, DS_MLA_LATENT), new Part(ROPE, DS_MLA_ROPE)))),
        "CacheSpec",
        "fp8_ds_mla with "
            + parts
            + ", "
            + dtype
            + ", scale "
            + scale
            + "; expected a latent of 512 and a rope of 64 elements, F8_E4M3, scale 1");
  }

  /**
   * Makes a spec of plain cells.
   *
   * @param parts the parts of a row, in order
   * @param dtype element type of a cell
   * @param scale for F8_E4M3, what a stored code is multiplied by when it is read
   */
  public CacheSpec(List<Part> parts, DType dtype, float scale) {
    this(parts, dtype, scale, Format.CELLS);
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
    Part latent = new Part(LATENT, kvLoraRank);
    return new CacheSpec(
        qkRopeHeadDim == 0 ? List.of(latent) : List.of(latent, new Part(ROPE, qkRopeHeadDim)),
        dtype,
        1f);
  }

  /**
   * Returns the width of a row.
   *
   * @return elements, all parts together
   */
  public int rowWidth() {
    return partStart(parts.size());
  }

  /**
   * Returns what one token costs in one layer.
   *
   * @return bytes
   */
  public long bytesPerToken() {
    return (long) cellsPerRow() * dtype.byteSize();
  }

  /**
   * Returns how many cells of the element type a row takes.
   *
   * @return the width of a row; 656 for {@link Format#FP8_DS_MLA}
   */
  public int cellsPerRow() {
    return switch (format) {
      case CELLS -> rowWidth();
      case FP8_DS_MLA -> DS_MLA_BYTES;
    };
  }

  /**
   * Returns where a part begins.
   *
   * @param part index of the part
   * @return elements of the parts before it
   */
  public int partStart(int part) {
    int start = 0;
    for (int i = 0; i < part; i++) {
      start += parts.get(i).width();
    }
    return start;
  }

  /**
   * Returns the shape of the cache tensor in {@link CacheLayout#ROW_MAJOR}: {@code [blocks,
   * blockSize, cellsPerRow]}.
   *
   * @param blocks number of blocks
   * @param blockSize tokens per block
   * @return the shape
   */
  public Shape shape(int blocks, int blockSize) {
    return CacheLayout.ROW_MAJOR.shape(this, 0, blocks, blockSize);
  }
}
