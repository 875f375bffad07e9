package org.mla4j.opencl.kernel;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Storage;
import org.mla4j.api.value.StepValue;
import org.mla4j.opencl.device.ClBuffer;
import org.mla4j.opencl.device.ClKernel;
import org.mla4j.opencl.device.HostTransfer;

/** {@code copy_to}: within the device by a kernel, to and from the host by a transfer. */
final class CopyToKernel {
  private CopyToKernel() {}

  static Kernel of(CopyTo op, Bindings bindings, Kernels.Shared shared) {
    StepTensor from = bindings.tensor(op.from());
    StepTensor to = bindings.tensor(op.to());
    if (from.tensor().storage() instanceof HostStorage host) {
      return new Crossing(host, from, to.tensor().storage(), to, true, shared);
    }
    if (to.tensor().storage() instanceof HostStorage host) {
      return new Crossing(host, to, from.tensor().storage(), from, false, shared);
    }
    return new Within(op, bindings, shared);
  }

  /** Tells the kernel the size of an element. */
  static String cell(int bytes) {
    return "-D CELL="
        + switch (bytes) {
          case 1 -> "uchar";
          case 2 -> "ushort";
          case 4 -> "uint";
          case 8 -> "ulong";
          default -> throw new IllegalArgumentException("Elements of " + bytes + " bytes.");
        };
  }

  /** Rows of whole buffers lie one after another on both sides. */
  private static final class Crossing implements Kernel {
    private final HostTransfer transfer;
    private final StepTensor onHost;
    private final long hostStart;
    private final StepTensor onDevice;
    private final boolean toDevice;

    Crossing(
        HostStorage host,
        StepTensor onHost,
        Storage device,
        StepTensor onDevice,
        boolean toDevice,
        Kernels.Shared shared) {
      this.onHost = onHost;
      this.onDevice = onDevice;
      this.toDevice = toDevice;
      hostStart = onHost.tensor().byteOffset();
      long bytes = onHost.tensor().shape().extent(0) * onHost.rowBytes();
      transfer =
          new HostTransfer(
              shared.device(), host.segment().asSlice(hostStart, bytes), (ClBuffer) device);
    }

    @Override
    public void forward(StepDescription step, Queue queue) {
      long hostOffset = onHost.offset(step) - hostStart;
      long bytes = onHost.count(step) * onHost.rowBytes();
      if (bytes == 0) {
        return; // an empty copy is an error of OpenCL
      }
      if (toDevice) {
        transfer.write(hostOffset, onDevice.offset(step), bytes);
      } else {
        transfer.read(hostOffset, onDevice.offset(step), bytes);
      }
    }

    @Override
    public String describe() {
      return toDevice ? "host to device" : "device to host";
    }
  }

  /** One item for each element. */
  private static final class Within implements Kernel {
    private final ClKernel kernel;
    private final DeviceRows from;
    private final DeviceRows to;
    private final int elements;
    private final int fromBase;
    private final int toBase;

    Within(CopyTo op, Bindings bindings, Kernels.Shared shared) {
      kernel = shared.device().kernel("copy", cell(op.from().dtype().byteSize()), "copy_rows");
      from = new DeviceRows(bindings, op.from()).rows(kernel);
      from.heads(kernel);
      to = new DeviceRows(bindings, op.to()).rows(kernel);
      to.heads(kernel);
      elements = op.from().rowWidth();
      kernel.integer(elements).integer(width(op.from()));
      fromBase = from.base(kernel);
      toBase = to.base(kernel);
    }

    private static int width(StepValue value) {
      return Math.toIntExact(value.rowShape().extent(value.rowShape().rank() - 1));
    }

    @Override
    public void forward(StepDescription step, Queue queue) {
      kernel.set(fromBase, from.offset(step));
      kernel.set(toBase, to.offset(step));
      kernel.submit(Groups.covering(elements), from.count(step), Groups.ITEMS);
    }

    @Override
    public void close() {
      kernel.close();
    }
  }
}
