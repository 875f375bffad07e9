package org.mla4j.api.spec;

import org.mla4j.api.tensor.Shape;

/**
 * How the rows of a cache lie in memory. The row itself, what it holds and in which type, is the
 * {@link CacheSpec}; the layout is negotiated with the backends that touch the cache, once, when
 * the plan is built.
 *
 * @param arrangement where a cell lies
 * @param ropeOrder the order of the elements of the part named {@code rope}
 * @param kernelBlockSize tokens per block as kernels see it; 0 for that of the block allocator.
 *     Otherwise it divides the allocator's: allocator block b is kernel blocks {@code b * n} to
 *     {@code b * n + n - 1}, and slots are the same numbers in both
 */
public record CacheLayout(Arrangement arrangement, RopeOrder ropeOrder, int kernelBlockSize) {
  /** Rows one after another, as rotated, in the allocator's blocks. */
  public static final CacheLayout ROW_MAJOR =
      new CacheLayout(Arrangement.ROWS, RopeOrder.AS_ROTATED, 0);

  /** Width of a tile of {@link Arrangement#NZ}, in elements. */
  public static final int NZ_TILE = 16;

  /** Where a cell lies. */
  public enum Arrangement {
    /** One tensor {@code [blocks, blockSize, rowWidth]}: the parts of a row side by side. */
    ROWS,
    /** One tensor {@code [blocks, blockSize, width]} for each part. */
    SPLIT,
    /**
     * One tensor {@code [blocks, width / 16, blockSize, 16]} for each part: in block b, element d
     * of the token at s lies at {@code [b, d / 16, s, d % 16]}. Widths are multiples of 16.
     */
    NZ
  }

  /** The order of the elements of a rotary key. */
  public enum RopeOrder {
    /** As the rope leaves them: interleaved pairs, or halves, by its style. */
    AS_ROTATED,
    /** Elements with even indices first, then those with odd ones. */
    DEINTERLEAVED
  }

  /**
   * Checks the block size.
   *
   * @throws org.mla4j.api.error.InvalidInputException if it is negative
   */
  public CacheLayout {
    SpecCheck.notNegative("CacheLayout", "kernelBlockSize", kernelBlockSize);
  }

  /**
   * Returns how many tensors hold a cache.
   *
   * @param spec what a row holds
   * @return 1, or one for each part
   */
  public int tensors(CacheSpec spec) {
    return arrangement == Arrangement.ROWS ? 1 : spec.parts().size();
  }

  /**
   * Returns the block size that kernels see.
   *
   * @param blockSize tokens per block of the allocator
   * @return tokens per block
   */
  public int blockSize(int blockSize) {
    return kernelBlockSize == 0 ? blockSize : kernelBlockSize;
  }

  /**
   * Tells why this layout cannot hold a cache.
   *
   * @param spec what a row holds
   * @param blockSize tokens per block of the allocator
   * @return the reason; empty if it can
   */
  public String problem(CacheSpec spec, int blockSize) {
    if (kernelBlockSize > 0 && blockSize % kernelBlockSize != 0) {
      return "kernel blocks of "
          + kernelBlockSize
          + " tokens do not divide the allocator's blocks of "
          + blockSize;
    }
    if (spec.format() != CacheSpec.Format.CELLS && !equals(ROW_MAJOR)) {
      return "rows of format "
          + spec.format().name().toLowerCase(java.util.Locale.ROOT)
          + " have one layout, "
          + ROW_MAJOR;
    }
    for (CacheSpec.Part part : spec.parts()) {
      if (ropeOrder == RopeOrder.DEINTERLEAVED
          && part.name().equals(CacheSpec.ROPE)
          && part.width() % 2 != 0) {
        return "part 'rope' is "
            + part.width()
            + " elements wide; de-interleaving needs an even number";
      }
      if (arrangement == Arrangement.NZ && part.width() % NZ_TILE != 0) {
        return "part '"
            + part.name()
            + "' is "
            + part.width()
            + " elements wide; NZ tiles need a multiple of "
            + NZ_TILE;
      }
    }
    return "";
  }

  /**
   * Returns the shape of one of the tensors that hold a cache.
   *
   * @param spec what a row holds
   * @param tensor index of the tensor
   * @param blocks blocks of the allocator
   * @param blockSize tokens per block of the allocator
   * @return the shape, dense and row-major
   */
  public Shape shape(CacheSpec spec, int tensor, int blocks, int blockSize) {
    int size = blockSize(blockSize);
    long count = (long) blocks * (blockSize / size);
    return switch (arrangement) {
      case ROWS -> Shape.of(count, size, spec.cellsPerRow());
      case SPLIT -> Shape.of(count, size, spec.parts().get(tensor).width());
      case NZ -> Shape.of(count, spec.parts().get(tensor).width() / NZ_TILE, size, NZ_TILE);
    };
  }

  /**
   * Returns where an element of a row lies in its tensor. Of formats other than cells only the
   * start of a row, element 0, has a place.
   *
   * @param spec what a row holds
   * @param part index of the part
   * @param slot the row
   * @param element index in the part
   * @param blockSize tokens per block of the allocator
   * @return cells from the start of the tensor
   */
  public long cell(CacheSpec spec, int part, long slot, int element, int blockSize) {
    int width = spec.parts().get(part).width();
    int index = element;
    if (ropeOrder == RopeOrder.DEINTERLEAVED
        && spec.parts().get(part).name().equals(CacheSpec.ROPE)) {
      index = element % 2 == 0 ? element / 2 : width / 2 + element / 2;
    }
    return switch (arrangement) {
      case ROWS -> slot * spec.cellsPerRow() + spec.partStart(part) + index;
      case SPLIT -> slot * width + index;
      case NZ -> {
        int size = blockSize(blockSize);
        long block = slot / size;
        long token = slot % size;
        yield ((block * (width / NZ_TILE) + index / NZ_TILE) * size + token) * NZ_TILE
            + index % NZ_TILE;
      }
    };
  }

  /** Returns for example {@code nz, deinterleaved, kernel blocks of 128}. */
  @Override
  public String toString() {
    return arrangement.name().toLowerCase(java.util.Locale.ROOT)
        + (ropeOrder == RopeOrder.AS_ROTATED ? "" : ", deinterleaved")
        + (kernelBlockSize == 0 ? "" : ", kernel blocks of " + kernelBlockSize);
  }
}
