package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.tensor.BlockCodec;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.WorkerScratch;

/**
 * A matrix of weights where it is stored, usually a mapped file.
 *
 * <p>Floats are read where they are. Of a block type one row at a time is decoded into memory of
 * the worker, so that the loops over floats do the rest: its results are those of the decoded
 * matrix, bit for bit.
 */
final class WeightMatrix {
  private final MemorySegment stored;
  private final long start;
  private final DType dtype;
  private final long rowBytes;
  private final FloatFormat format;
  private final int rows;
  private final int columns;
  private final boolean isDecoded;
  private final WorkerScratch values;
  private final Scratch scratch;

  private WeightMatrix(Tensor matrix, WorkerScratch values, Scratch scratch) {
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
  }

  /** Takes a matrix of weights, and reserves scratch memory for one of its rows if it needs it. */
  static WeightMatrix of(WeightHandle handle, CpuContext context, Scratch scratch) {
    WeightMatrix matrix =
        new WeightMatrix(context.weights().inPlace(handle), context.scratch(), scratch);
    if (matrix.isDecoded) {
      context.scratch().reserve(matrix.columns);
      scratch.reserveRow(4L * matrix.columns);
    }
    return matrix;
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
    long at = start + row * rowBytes;
    if (!isDecoded) {
      return at;
    }
    float[] decoded = values.row(worker);
    BlockCodec.decode(dtype, stored, at, decoded, 0, columns);
    MemorySegment.copy(decoded, 0, scratch.row(worker), ValueLayout.JAVA_FLOAT, 0, columns);
    return 0;
  }

  /** Where the rows are that a worker loads. */
  MemorySegment segment(int worker) {
    return isDecoded ? scratch.row(worker) : stored;
  }
}
