package org.mla4j.core.cpu.scalar;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.core.cpu.kernel.CpuContext;

/**
 * {@code copy_blocks}: copy after copy. In every layout a block of the allocator is one range of
 * bytes in each tensor.
 */
final class ScalarCopyBlocks implements Kernel {
  private final Tensor[] tensors;
  private final long[] blockBytes;

  ScalarCopyBlocks(CopyBlocks op, Bindings bindings, CpuContext context) {
    int blockSize = context.engine().limits().blockSize();
    int kernelBlocks = blockSize / op.cache().layout().blockSize(blockSize);
    tensors = new Tensor[op.cache().layout().tensors(op.cache().spec())];
    blockBytes = new long[tensors.length];
    for (int i = 0; i < tensors.length; i++) {
      tensors[i] = bindings.cache(op.cache(), i);
      blockBytes[i] = kernelBlocks * tensors[i].byteStride(0);
    }
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    int copies = step.count(Rows.BLOCK_COPIES);
    for (int copy = 0; copy < copies; copy++) {
      for (int i = 0; i < tensors.length; i++) {
        copy(tensors[i], blockBytes[i], step.copySource(copy), step.copyTarget(copy));
      }
    }
  }

  private static void copy(Tensor tensor, long bytes, int from, int to) {
    if (tensor.shape().elements() == 0) {
      return;
    }
    MemorySegment segment = tensor.segment();
    long start = tensor.byteOffset();
    MemorySegment.copy(segment, start + from * bytes, segment, start + to * bytes, bytes);
  }
}
