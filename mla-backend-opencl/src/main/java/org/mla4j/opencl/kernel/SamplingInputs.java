package org.mla4j.opencl.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.step.StepDescription;
import org.mla4j.opencl.device.ClBuffer;
import org.mla4j.opencl.device.HostTransfer;
import org.mla4j.opencl.device.OpenDevice;

/** How the rows of logits of a step are sampled, on the device: 32 bytes for each. */
final class SamplingInputs {
  private static final int ROW_BYTES = 32;

  private final MemorySegment host;
  private final HostTransfer transfer;
  private final ClBuffer buffer;

  SamplingInputs(EngineContext context, OpenDevice device) {
    long bytes = (long) ROW_BYTES * context.limits().max(Rows.LOGITS);
    host = context.allocate("sampling of a step", bytes);
    buffer = device.memory().allocate("sampling of a step", bytes);
    transfer = new HostTransfer(device, host, buffer);
  }

  /** Submits a write; the copy on the host stays as it is until the step is over. */
  void upload(StepDescription step) {
    int rows = step.count(Rows.LOGITS);
    for (int row = 0; row < rows; row++) {
      Sampling how = step.sampling(row);
      long at = (long) row * ROW_BYTES;
      host.set(ValueLayout.JAVA_DOUBLE, at, step.draw(row));
      host.set(ValueLayout.JAVA_FLOAT, at + 8, how.temperature());
      host.set(ValueLayout.JAVA_INT, at + 12, how.topK());
      host.set(ValueLayout.JAVA_FLOAT, at + 16, how.topP());
      host.set(ValueLayout.JAVA_FLOAT, at + 20, how.minP());
    }
    if (rows > 0) {
      transfer.write(0, 0, (long) ROW_BYTES * rows);
    }
  }

  ClBuffer buffer() {
    return buffer;
  }
}
