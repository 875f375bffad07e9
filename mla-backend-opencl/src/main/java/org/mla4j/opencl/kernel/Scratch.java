package org.mla4j.opencl.kernel;

import java.util.HashMap;
import java.util.Map;
import org.mla4j.opencl.device.ClBuffer;
import org.mla4j.opencl.device.OpenDevice;

/**
 * Memory of the device that holds something only while one op runs. Ops run one after another, so
 * that all that want as much share one buffer.
 */
final class Scratch {
  private final OpenDevice device;
  private final Map<Long, ClBuffer> buffers = new HashMap<>();

  Scratch(OpenDevice device) {
    this.device = device;
  }

  ClBuffer of(long bytes) {
    return buffers.computeIfAbsent(bytes, size -> device.memory().allocate("scratch", size));
  }
}
