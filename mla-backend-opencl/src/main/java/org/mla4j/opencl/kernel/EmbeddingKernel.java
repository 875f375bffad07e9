package org.mla4j.opencl.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.step.StepDescription;
import org.mla4j.opencl.device.ClKernel;

/** {@code embedding}: one item for each element of the result. */
final class EmbeddingKernel implements Kernel {
  private final Embedding op;
  private final ClKernel kernel;
  private final DeviceRows out;
  private final long tokenIds;
  private final int width;
  private final long rows;
  private final int outBase;
  private final int first;

  EmbeddingKernel(Embedding op, Bindings bindings, Kernels.Shared shared) {
    this.op = op;
    DeviceWeights.Stored table = shared.weights().matrix(op.table());
    kernel = shared.device().kernel("weights", table.option(), "embedding");
    out = new DeviceRows(bindings, op.out()).rows(kernel);
    width = op.out().rowWidth();
    rows = op.table().shape().extent(0);
    tokenIds = shared.inputs().tokenIds();
    kernel.buffer(table.buffer()).buffer(shared.inputs().buffer());
    kernel.integer(width).number((float) op.factor());
    outBase = out.base(kernel);
    first = kernel.offset(0);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    int start = step.firstToken(op.out().rows());
    int count = out.count(step);
    for (int token = start; token < start + count; token++) {
      int id = step.tokenId(token);
      if (id < 0 || id >= rows) {
        throw new InvalidInputException(
            ErrorCode.INVALID_STEP,
            "Token "
                + token
                + " of the step has id "
                + id
                + "; expected 0 to "
                + (rows - 1)
                + ", the rows of '"
                + op.table().name()
                + "'.");
      }
    }
    kernel.set(outBase, out.offset(step));
    kernel.set(first, tokenIds + start);
    kernel.submit(Groups.covering(width), count, Groups.ITEMS);
  }

  @Override
  public void close() {
    kernel.close();
  }
}
