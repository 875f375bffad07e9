package org.mla4j.opencl.device;

import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.cl_command_queue;
import org.mla4j.api.backend.Event;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;

/**
 * The one in-order queue of a device. Its only event is the end of everything submitted so far:
 * waiting for that is the one synchronisation of a step.
 */
public final class ClQueue implements Queue, Event {
  private final DeviceInfo device;
  private final cl_command_queue handle;
  private long waits;

  ClQueue(DeviceInfo device, cl_command_queue handle) {
    this.device = device;
    this.handle = handle;
  }

  cl_command_queue handle() {
    return handle;
  }

  @Override
  public Event record() {
    return this;
  }

  @Override
  public void await() {
    waits++;
    try {
      CL.clFinish(handle);
    } catch (CLException e) {
      throw new BackendException(
          ErrorCode.FORWARD_FAILED, device.label() + ": " + e.getMessage() + ".", e);
    }
  }

  /** How often the host has waited for the device. */
  public long waits() {
    return waits;
  }
}
