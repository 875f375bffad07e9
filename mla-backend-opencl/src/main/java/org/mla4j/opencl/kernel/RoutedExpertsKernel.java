package org.mla4j.opencl.kernel;

import java.util.List;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.opencl.device.ClBuffer;
import org.mla4j.opencl.device.ClKernel;

/**
 * {@code fused_moe}: first one item for each inner element of each chosen expert, then one for each
 * output; a slice of the rows at a time, since the inner elements of all would take much memory.
 */
final class RoutedExpertsKernel implements Kernel {
  private static final int ROWS_AT_ONCE = 256;

  private final ClKernel inner;
  private final ClKernel outputs;
  private final DeviceRows x;
  private final DeviceRows ids;
  private final DeviceRows weights;
  private final DeviceRows out;
  private final long innerItems;
  private final long outputItems;
  private final int rowsAtOnce;
  private final int innerXBase;
  private final int innerIdsBase;
  private final int outputsIdsBase;
  private final int outputsWeightsBase;
  private final int outputsOutBase;

  RoutedExpertsKernel(RoutedExperts op, Bindings bindings, Kernels.Shared shared) {
    int choices = op.spec().topK();
    int hidden = op.spec().hiddenSize();
    int width = op.spec().intermediateSize();
    List<WeightHandle> gateParts = op.experts().stream().map(Expert::gate).toList();
    List<WeightHandle> upParts = op.experts().stream().map(Expert::up).toList();
    List<WeightHandle> downParts = op.experts().stream().map(Expert::down).toList();
    // One kernel reads gates and ups.
    DType dtype = DeviceWeights.common(gateParts, upParts);
    DeviceWeights.Stored gates = shared.weights().stacked(gateParts, dtype);
    DeviceWeights.Stored ups = shared.weights().stacked(upParts, dtype);
    DeviceWeights.Stored downs =
        shared.weights().stacked(downParts, DeviceWeights.common(downParts));
    rowsAtOnce = Math.clamp(shared.limits().max(op.out().rows()), 1, ROWS_AT_ONCE);
    innerItems = (long) choices * width;
    outputItems = hidden;
    ClBuffer between = shared.scratch().of(Float.BYTES * innerItems * rowsAtOnce);

    inner = shared.device().kernel("weights", gates.option(), "expert_inner");
    x = new DeviceRows(bindings, op.x()).rows(inner);
    ids = new DeviceRows(bindings, op.ids()).rows(inner);
    inner.buffer(between).buffer(gates.buffer()).buffer(ups.buffer());
    inner.integer(choices).integer(hidden).integer(width);
    innerXBase = x.base(inner);
    innerIdsBase = ids.base(inner);

    outputs = shared.device().kernel("weights", downs.option(), "expert_outputs");
    ids.rows(outputs);
    weights = new DeviceRows(bindings, op.topKWeights()).rows(outputs);
    out = new DeviceRows(bindings, op.out()).rows(outputs);
    outputs.buffer(between).buffer(downs.buffer());
    outputs.integer(choices).integer(hidden).integer(width);
    outputsIdsBase = ids.base(outputs);
    outputsWeightsBase = weights.base(outputs);
    outputsOutBase = out.base(outputs);
  }

  /** Bytes of the largest of the three buffers that the experts' weights take. */
  static long largestBuffer(RoutedExperts op) {
    List<WeightHandle> gates = op.experts().stream().map(Expert::gate).toList();
    List<WeightHandle> ups = op.experts().stream().map(Expert::up).toList();
    List<WeightHandle> downs = op.experts().stream().map(Expert::down).toList();
    if (gates.isEmpty()) {
      return 0;
    }
    DType dtype = DeviceWeights.common(gates, ups);
    return Math.max(
        DeviceWeights.bytes(gates, dtype),
        Math.max(
            DeviceWeights.bytes(ups, dtype),
            DeviceWeights.bytes(downs, DeviceWeights.common(downs))));
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    int rows = out.count(step);
    for (int first = 0; first < rows; first += rowsAtOnce) {
      int count = Math.min(rowsAtOnce, rows - first);
      inner.set(innerXBase, x.offset(step, first));
      inner.set(innerIdsBase, ids.offset(step, first));
      inner.submit(Groups.covering(innerItems), count, Groups.ITEMS);
      outputs.set(outputsIdsBase, ids.offset(step, first));
      outputs.set(outputsWeightsBase, weights.offset(step, first));
      outputs.set(outputsOutBase, out.offset(step, first));
      outputs.submit(Groups.covering(outputItems), count, Groups.ITEMS);
    }
  }

  @Override
  public void close() {
    inner.close();
    outputs.close();
  }
}
