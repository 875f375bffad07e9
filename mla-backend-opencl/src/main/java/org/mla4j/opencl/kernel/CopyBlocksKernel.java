package org.mla4j.opencl.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.opencl.device.ClBuffer;
import org.mla4j.opencl.device.ClKernel;

/** {@code copy_blocks}: copy after copy, each with one item for each cell of a block. */
final class CopyBlocksKernel implements Kernel {
  private final ClKernel kernel;
  private final boolean empty;
  private final long start;
  private final long blockBytes;
  private final int cells;
  private final int from;
  private final int to;

  CopyBlocksKernel(CopyBlocks op, Bindings bindings, Kernels.Shared shared) {
    Tensor cache = bindings.cache(op.cache());
    empty = cache.shape().elements() == 0;
    start = cache.byteOffset();
    blockBytes = cache.byteStride(0);
    int cellBytes = op.cache().spec().dtype().byteSize();
    cells = Math.toIntExact(blockBytes / cellBytes);
    kernel = shared.device().kernel("copy", CopyToKernel.cell(cellBytes), "copy_rows");
    // A block is one row of one head on either side.
    for (int side = 0; side < 2; side++) {
      kernel.buffer((ClBuffer) cache.storage());
      kernel.offset(blockBytes);
      kernel.offset(0);
    }
    kernel.integer(cells).integer(cells);
    from = kernel.offset(0);
    to = kernel.offset(0);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    int copies = empty ? 0 : step.count(Rows.BLOCK_COPIES);
    for (int copy = 0; copy < copies; copy++) {
      kernel.set(from, start + step.copySource(copy) * blockBytes);
      kernel.set(to, start + step.copyTarget(copy) * blockBytes);
      kernel.submit(Groups.covering(cells), 1, Groups.ITEMS);
    }
  }

  @Override
  public void close() {
    kernel.close();
  }
}
