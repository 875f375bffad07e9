package org.mla4j.tck.reference;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Float8E4M3;
import org.mla4j.api.value.CacheValue;

/**
 * A cache as it is stored: bytes, in any layout and format. Rows are written element by element and
 * encoded as a whole, since some formats share a scale among elements.
 */
public final class CacheModel {
  /** Elements that share a scale in a row of {@link CacheSpec.Format#FP8_DS_MLA}. */
  private static final int TILE = 128;

  private static final int SCALES_AT = CacheSpec.DS_MLA_LATENT;
  private static final int ROPE_AT = SCALES_AT + CacheSpec.DS_MLA_LATENT / TILE * Float.BYTES;

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(java.nio.ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(java.nio.ByteOrder.LITTLE_ENDIAN);

  private final CacheValue cache;
  private final int blockSize;
  private final List<MemorySegment> tensors;

  /** The usual layout has a place for every element that needs no search. */
  private final boolean rowMajor;

  private final long width;
  private final long cellBytes;
  private final Map<Long, double[]> written = new HashMap<>();

  /**
   * Describes a cache in memory.
   *
   * @param cache what it holds and how it lies
   * @param blockSize tokens per block of the allocator
   * @param tensors the bytes of each tensor that the layout has
   */
  public CacheModel(CacheValue cache, int blockSize, List<MemorySegment> tensors) {
    this.cache = cache;
    this.blockSize = blockSize;
    this.tensors = List.copyOf(tensors);
    rowMajor = cache.layout().equals(CacheLayout.ROW_MAJOR);
    width = cache.spec().rowWidth();
    cellBytes = cache.spec().dtype().byteSize();
  }

  /**
   * Returns the rows written so far.
   *
   * @return slot to the elements as they were before they were rounded
   */
  public Map<Long, double[]> written() {
    return written;
  }

  /**
   * Returns the bytes of a tensor.
   *
   * @param tensor index among those of the layout
   * @return the memory given
   */
  public MemorySegment tensor(int tensor) {
    return tensors.get(tensor);
  }

  /**
   * Writes an element.
   *
   * @param slot the row
   * @param element index in the row
   * @param number not rounded yet
   */
  public void put(long slot, int element, double number) {
    double[] row = written.computeIfAbsent(slot, key -> decode(slot));
    row[element] = number;
    if (cache.spec().format() == CacheSpec.Format.CELLS) {
      encodeCell(slot, element, number);
    } else {
      encodeRow(slot, row);
    }
  }

  /**
   * Writes a row.
   *
   * @param slot the row
   * @param row all its elements, not rounded yet
   */
  public void putRow(long slot, double[] row) {
    written.put(slot, row.clone());
    if (cache.spec().format() != CacheSpec.Format.CELLS) {
      encodeRow(slot, row);
      return;
    }
    for (int i = 0; i < row.length; i++) {
      encodeCell(slot, i, row[i]);
    }
  }

  /**
   * Reads an element as attention sees it.
   *
   * @param slot the row
   * @param element index in the row
   * @return widened and scaled
   */
  public double get(long slot, int element) {
    CacheSpec spec = cache.spec();
    if (spec.format() == CacheSpec.Format.FP8_DS_MLA) {
      return dsMla(slot, element);
    }
    double stored;
    if (rowMajor) {
      stored = decode(spec.dtype(), tensors.getFirst(), (slot * width + element) * cellBytes);
    } else {
      int part = part(element);
      stored = decode(spec.dtype(), tensors.get(tensorOf(part)), offset(part, slot, element));
    }
    return spec.dtype() == DType.F8_E4M3 ? (float) (stored * spec.scale()) : stored;
  }

  /**
   * Copies a block, byte for byte.
   *
   * @param from block of the allocator that is read
   * @param to block of the allocator that is written
   */
  public void copyBlock(int from, int to) {
    for (MemorySegment tensor : tensors) {
      long bytes = bytesOfBlock(tensor);
      MemorySegment.copy(tensor, from * bytes, tensor, to * bytes, bytes);
    }
  }

  /**
   * Returns how large a block of the allocator is.
   *
   * @param tensor one of the tensors
   * @return bytes
   */
  public long bytesOfBlock(MemorySegment tensor) {
    int index = tensors.indexOf(tensor);
    CacheSpec spec = cache.spec();
    long cells =
        cache.layout().tensors(spec) == 1 && tensors.size() == 1
            ? spec.cellsPerRow()
            : spec.parts().get(index).width();
    return cells * blockSize * spec.dtype().byteSize();
  }

  /**
   * Finds where an element lies.
   *
   * @param slot the row
   * @param element index in the row
   * @return index of the tensor, then byte offset in it; only of plain cells
   */
  public long[] place(long slot, int element) {
    int part = part(element);
    return new long[] {tensorOf(part), offset(part, slot, element)};
  }

  /**
   * Reads a whole row.
   *
   * @param slot the row
   * @return all elements
   */
  public double[] decode(long slot) {
    double[] row = new double[cache.spec().rowWidth()];
    for (int i = 0; i < row.length; i++) {
      row[i] = get(slot, i);
    }
    return row;
  }

  /**
   * Returns the stored scale of a tile of an {@code fp8_ds_mla} row.
   *
   * @param slot the row
   * @param tile from 0 on
   * @return the scale
   */
  public float tileScale(long slot, int tile) {
    return tensors
        .getFirst()
        .get(FLOAT, slot * CacheSpec.DS_MLA_BYTES + SCALES_AT + (long) tile * Float.BYTES);
  }

  private void encodeCell(long slot, int element, double number) {
    DType dtype = cache.spec().dtype();
    double stored = dtype == DType.F8_E4M3 ? number / cache.spec().scale() : number;
    if (rowMajor) {
      encode(dtype, tensors.getFirst(), (slot * width + element) * cellBytes, stored);
    } else {
      int part = part(element);
      encode(dtype, tensors.get(tensorOf(part)), offset(part, slot, element), stored);
    }
  }

  private void encodeRow(long slot, double[] row) {
    MemorySegment bytes = tensors.getFirst();
    long start = slot * CacheSpec.DS_MLA_BYTES;
    for (int tile = 0; tile < CacheSpec.DS_MLA_LATENT / TILE; tile++) {
      float scale = scaleOf(row, tile * TILE);
      bytes.set(FLOAT, start + SCALES_AT + (long) tile * Float.BYTES, scale);
      for (int i = tile * TILE; i < (tile + 1) * TILE; i++) {
        encode(DType.F8_E4M3, bytes, start + i, row[i] / scale);
      }
    }
    for (int i = 0; i < CacheSpec.DS_MLA_ROPE; i++) {
      encode(DType.BF16, bytes, start + ROPE_AT + 2L * i, row[CacheSpec.DS_MLA_LATENT + i]);
    }
  }

  private static float scaleOf(double[] row, int from) {
    double largest = 0;
    for (int i = from; i < from + TILE; i++) {
      largest = Math.max(largest, Math.abs(row[i]));
    }
    return Math.max((float) (largest / Float8E4M3.MAX_VALUE), Float.MIN_NORMAL);
  }

  private double dsMla(long slot, int element) {
    MemorySegment bytes = tensors.getFirst();
    long start = slot * CacheSpec.DS_MLA_BYTES;
    if (element >= CacheSpec.DS_MLA_LATENT) {
      return decode(DType.BF16, bytes, start + ROPE_AT + 2L * (element - CacheSpec.DS_MLA_LATENT));
    }
    return (float)
        (decode(DType.F8_E4M3, bytes, start + element) * tileScale(slot, element / TILE));
  }

  private int part(int element) {
    int part = 0;
    while (element >= cache.spec().partStart(part) + cache.spec().parts().get(part).width()) {
      part++;
    }
    return part;
  }

  private int tensorOf(int part) {
    return cache.layout().tensors(cache.spec()) == 1 ? 0 : part;
  }

  private long offset(int part, long slot, int element) {
    int inPart = element - cache.spec().partStart(part);
    return cache.layout().cell(cache.spec(), part, slot, inPart, blockSize)
        * cache.spec().dtype().byteSize();
  }

  /** Rounds a number to a type and writes it. */
  static void encode(DType dtype, MemorySegment to, long offset, double number) {
    switch (dtype) {
      case F32 -> to.set(FLOAT, offset, (float) number);
      case BF16 -> to.set(SHORT, offset, BFloat16.fromFloat((float) number));
      case F16 -> to.set(SHORT, offset, Float.floatToFloat16((float) number));
      case F8_E4M3 -> to.set(ValueLayout.JAVA_BYTE, offset, Float8E4M3.fromFloat((float) number));
      default ->
          throw new IllegalArgumentException(dtype + " cannot be a cache cell; expected a float");
    }
  }

  /** Reads a number, widened. */
  static double decode(DType dtype, MemorySegment from, long offset) {
    return switch (dtype) {
      case F32 -> from.get(FLOAT, offset);
      case BF16 -> BFloat16.toFloat(from.get(SHORT, offset));
      case F16 -> Float.float16ToFloat(from.get(SHORT, offset));
      case F8_E4M3 -> Float8E4M3.toFloat(from.get(ValueLayout.JAVA_BYTE, offset));
      default ->
          throw new IllegalArgumentException(dtype + " cannot be a cache cell; expected a float");
    };
  }
}
