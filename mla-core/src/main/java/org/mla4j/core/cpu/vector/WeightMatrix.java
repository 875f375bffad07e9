package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.BYTES;
import static org.mla4j.core.cpu.simd.Lanes.COUNT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.tensor.BlockCodec;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.WorkerScratch;
import org.mla4j.core.cpu.simd.WarmUp;

/**
 * A matrix of weights where it is stored, usually a mapped file.
 *
 * <p>Floats are read where they are. Of a block type one row at a time is decoded into memory of
 * the worker: its results are those of the decoded matrix, bit for bit. Some types are multiplied
 * as they are decoded, in an order of their own, but never in deterministic mode.
 */
final class WeightMatrix {
  private final MemorySegment stored;
  private final long start;
  private final DType dtype;
  private final long rowBytes;
  private final FloatFormat format;
  private final @Nullable BlockFormat blocks;
  private final BlockFormat.@Nullable Direct direct;
  private final int rows;
  private final int columns;
  private final boolean isDecoded;
  private final WorkerScratch values;
  private final Scratch scratch;

  private WeightMatrix(
      Tensor matrix, boolean deterministic, WorkerScratch values, Scratch scratch) {
    stored = matrix.segment();
    start = matrix.byteOffset();
    dtype = matrix.dtype();
    this.values = values;
    this.scratch = scratch;
    rows = Math.toIntExact(matrix.shape().extent(0));
    columns = Math.toIntExact(matrix.shape().extent(1));
    rowBytes = dtype.byteCount(columns);
    isDecoded = dtype.isBlockType();
    format = isDecoded ? F32Format.INSTANCE : FloatFormat.of(dtype);
    blocks = BlockFormat.of(dtype);
    direct = !deterministic && blocks instanceof BlockFormat.Direct found ? found : null;
  }

  /** Takes a matrix of weights, and reserves scratch memory for one of its rows if it needs it. */
  static WeightMatrix of(WeightHandle handle, CpuContext context, Scratch scratch) {
    WeightMatrix matrix =
        new WeightMatrix(
            context.weights().inPlace(handle),
            context.engine().deterministic(),
            context.scratch(),
            scratch);
    if (matrix.isDecoded) {
      context.scratch().reserve(matrix.columns);
      scratch.reserveRow(4L * matrix.columns);
    }
    return matrix;
  }

  /** Type of the elements, as stored. */
  DType dtype() {
    return dtype;
  }

  /**
   * The inner loops that read this matrix, on its first columns and on zeros. The matrix itself is
   * read where possible, since compiled code depends on the kind of memory. It must be {@link
   * WarmUp#COLUMNS} wide.
   *
   * @param zeros four rows of them
   * @param results takes as much
   * @return loops to be warmed up
   */
  List<WarmUp.Kernel> kernels(MemorySegment zeros, MemorySegment results) {
    int few = Math.max(dtype.blockElements(), COUNT);
    int many = WarmUp.COLUMNS;
    BlockFormat coded = blocks;
    BlockFormat.Direct multiplied = direct;
    MemorySegment row = isDecoded ? zeros : stored;
    long at = isDecoded ? 0 : start;
    IntConsumer dot = count -> format.dot(row, at, zeros, 0, count, results, 0);
    IntConsumer widen = count -> format.widen(row, at, count, results, 0, BYTES);
    if (coded != null) {
      widen = count -> coded.widen(stored, start, count, results, 0, BYTES);
    }
    if (multiplied != null) {
      dot = count -> multiplied.dot(stored, start, zeros, 0, count, results, 0);
    }
    return List.of(
        new WarmUp.Kernel(few, many, WarmUp.FAST_NANOS, dot),
        new WarmUp.Kernel(few, many, WarmUp.FAST_NANOS, widen));
  }

  /** Outputs. */
  int rows() {
    return rows;
  }

  /** Inputs. */
  int columns() {
    return columns;
  }

  /** How the elements of a row are read that was {@linkplain #load loaded}. */
  FloatFormat format() {
    return format;
  }

  /**
   * Makes a row readable, until the worker loads another.
   *
   * @param row which
   * @param worker who computes
   * @return where the row starts in the worker's {@linkplain #segment segment}; not aligned to
   *     anything
   */
  long load(int row, int worker) {
    long at = at(row);
    if (!isDecoded) {
      return at;
    }
    if (blocks != null) {
      blocks.widen(stored, at, columns, scratch.row(worker), 0, BYTES);
    } else {
      float[] decoded = values.row(worker);
      BlockCodec.decode(dtype, stored, at, decoded, 0, columns);
      MemorySegment.copy(decoded, 0, scratch.row(worker), ValueLayout.JAVA_FLOAT, 0, columns);
    }
    return 0;
  }

  private long at(int row) {
    return start + row * rowBytes;
  }

  /** Where the rows are that a worker loads. */
  MemorySegment segment(int worker) {
    return isDecoded ? scratch.row(worker) : stored;
  }

  /** Whether a row is decoded into memory before it is multiplied. */
  boolean isDecodedFirst() {
    return isDecoded && direct == null;
  }

  /**
   * Multiplies a row by a row of floats: as {@link FloatFormat#dot} says, or, where it is not
   * decoded first, as {@link BlockFormat.Direct#dot} says.
   */
  void dot(int row, MemorySegment x, long xAt, MemorySegment lanes, long lanesAt, int worker) {
    if (direct != null) {
      direct.dot(stored, at(row), x, xAt, columns, lanes, lanesAt);
    } else {
      long at = load(row, worker);
      format.dot(segment(worker), at, x, xAt, columns, lanes, lanesAt);
    }
  }

  /** Converts a row to floats, as {@link CellFormat#widen} says. */
  void widen(int row, MemorySegment out, long outAt, long stride, int worker) {
    if (blocks != null) {
      blocks.widen(stored, at(row), columns, out, outAt, stride);
    } else {
      long at = load(row, worker);
      format.widen(segment(worker), at, columns, out, outAt, stride);
    }
  }
}
