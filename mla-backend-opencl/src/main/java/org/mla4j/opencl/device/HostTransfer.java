package org.mla4j.opencl.device;

import java.lang.foreign.MemorySegment;
import org.jocl.CLException;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;

/** Copies between host memory and a buffer without waiting, always between the same two. */
public final class HostTransfer {
  private final OpenDevice device;
  private final MemorySegment host;
  private final long queueHandle;
  private final long bufferHandle;

  /**
   * Prepares copies.
   *
   * @param device the device
   * @param host not on the heap; stays as it is until what was submitted is done
   * @param buffer on the device
   */
  public HostTransfer(OpenDevice device, MemorySegment host, ClBuffer buffer) {
    this.device = device;
    this.host = host;
    this.queueHandle = device.queue().handle().getNativePointer();
    this.bufferHandle = buffer.handle().getNativePointer();
  }

  /** Submits a copy of bytes of the host to the device. */
  public void write(long hostOffset, long offset, long bytes) {
    try {
      device.calls().write(queueHandle, bufferHandle, offset, bytes, host.address() + hostOffset);
    } catch (CLException e) {
      throw failure("copy to the device", bytes, e);
    }
  }

  /** Submits a copy of bytes of the device to the host. */
  public void read(long hostOffset, long offset, long bytes) {
    try {
      device.calls().read(queueHandle, bufferHandle, offset, bytes, host.address() + hostOffset);
    } catch (CLException e) {
      throw failure("copy to the host", bytes, e);
    }
  }

  private BackendException failure(String what, long bytes, CLException e) {
    return new BackendException(
        ErrorCode.FORWARD_FAILED,
        device.info().label() + ", " + what + " of " + bytes + " bytes: " + e.getMessage() + ".",
        e);
  }
}
