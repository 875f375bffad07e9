package org.mla4j.api.spec;

import org.mla4j.api.tensor.DType;

/** How a cache stores the elements of a row, as users choose it. */
public enum CacheType {
  /** Cells as exact as the computation. */
  F32(DType.F32, CacheSpec.Format.CELLS),
  /** Cells of 16 bits with the range of F32. */
  BF16(DType.BF16, CacheSpec.Format.CELLS),
  /** Cells of 16 bits with more digits. */
  F16(DType.F16, CacheSpec.Format.CELLS),
  /** Cells of 8 bits with one scale for the whole cache. */
  F8_E4M3(DType.F8_E4M3, CacheSpec.Format.CELLS),
  /**
   * Rows of 656 bytes with a scale for each 128 elements of the latent: for MLA layers with a
   * latent of 512 and a rope of 64 elements only.
   */
  FP8_DS_MLA(DType.F8_E4M3, CacheSpec.Format.FP8_DS_MLA);

  private final DType dtype;
  private final CacheSpec.Format format;

  CacheType(DType dtype, CacheSpec.Format format) {
    this.dtype = dtype;
    this.format = format;
  }

  /**
   * Returns the element type of a cell.
   *
   * @return the type
   */
  public DType dtype() {
    return dtype;
  }

  /**
   * Returns what the cells of a row are.
   *
   * @return the format
   */
  public CacheSpec.Format format() {
    return format;
  }
}
