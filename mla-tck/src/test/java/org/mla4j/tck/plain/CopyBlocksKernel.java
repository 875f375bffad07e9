package org.mla4j.tck.plain;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.Tensor;

/** Copies whole blocks, one after another: a later copy may read what an earlier one wrote. */
final class CopyBlocksKernel implements Kernel {
  private final Tensor[] tensors;
  private final boolean reversed;

  CopyBlocksKernel(CopyBlocks op, Bindings bindings, PlainContext context) {
    int count = op.cache().layout().tensors(op.cache().spec());
    tensors = new Tensor[context.wrong(Mistake.FIRST_PART_COPIED) ? 1 : count];
    for (int i = 0; i < tensors.length; i++) {
      tensors[i] = bindings.cache(op.cache(), i);
    }
    reversed = context.wrong(Mistake.COPIES_REVERSED);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    int copies = step.count(Rows.BLOCK_COPIES);
    for (int i = 0; i < copies; i++) {
      int copy = reversed ? copies - 1 - i : i;
      for (Tensor tensor : tensors) {
        copy(tensor, step.copySource(copy), step.copyTarget(copy), step.limits().blocks());
      }
    }
  }

  private static void copy(Tensor tensor, int source, int target, int blocks) {
    long bytes = tensor.shape().elements() * tensor.dtype().byteSize() / blocks;
    MemorySegment.copy(
        tensor.segment(),
        tensor.byteOffset() + source * bytes,
        tensor.segment(),
        tensor.byteOffset() + target * bytes,
        bytes);
  }
}
