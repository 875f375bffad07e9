package org.mla4j.opencl.device;

import org.jocl.Pointer;
import org.jocl.cl_mem;
import org.mla4j.api.tensor.DeviceStorage;

/** A buffer of a device. Owned by the {@link ClMemory} that allocated it. */
public final class ClBuffer implements DeviceStorage {
  private final String device;
  private final cl_mem handle;
  private final Pointer argument;
  private final long bytes;

  ClBuffer(String device, cl_mem handle, long bytes) {
    this.device = device;
    this.handle = handle;
    this.argument = Pointer.to(handle);
    this.bytes = bytes;
  }

  cl_mem handle() {
    return handle;
  }

  /** The handle as an argument of a kernel. */
  Pointer argument() {
    return argument;
  }

  @Override
  public long byteSize() {
    return bytes;
  }

  @Override
  public String device() {
    return device;
  }
}
