package org.mla4j.opencl.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.StepValue;
import org.mla4j.opencl.device.ClBuffer;
import org.mla4j.opencl.device.ClKernel;

/** The rows of a value on the device, as arguments of a kernel. */
final class DeviceRows {
  private final StepTensor tensor;

  DeviceRows(Bindings bindings, StepValue value) {
    this.tensor = bindings.tensor(value);
  }

  /** Sets the next two arguments: the buffer, and the distance of rows in bytes. */
  DeviceRows rows(ClKernel kernel) {
    kernel.buffer((ClBuffer) tensor.tensor().storage());
    kernel.offset(tensor.rowBytes());
    return this;
  }

  /** Sets the next argument to the distance of heads in bytes; 0 if rows have no heads. */
  void heads(ClKernel kernel) {
    kernel.offset(tensor.tensor().shape().rank() == 3 ? tensor.tensor().byteStride(1) : 0);
  }

  /** Reserves the next argument for where the live rows start; returns its index. */
  int base(ClKernel kernel) {
    return kernel.offset(0);
  }

  long offset(StepDescription step) {
    return tensor.offset(step);
  }

  /** Where one of the live rows starts. */
  long offset(StepDescription step, int row) {
    return tensor.offset(step) + row * tensor.rowBytes();
  }

  int count(StepDescription step) {
    return tensor.count(step);
  }
}
