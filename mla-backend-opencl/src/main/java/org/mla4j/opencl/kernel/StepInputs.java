package org.mla4j.opencl.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;
import org.mla4j.opencl.device.ClBuffer;
import org.mla4j.opencl.device.HostTransfer;
import org.mla4j.opencl.device.OpenDevice;

/**
 * What kernels read of the description of a step, on the device: token ids, positions and the
 * tokens of logit rows, one after another in one buffer, written once per step.
 */
final class StepInputs {
  private final MemorySegment host;
  private final HostTransfer transfer;
  private final ClBuffer buffer;
  private final long tokenIds;
  private final long logitTokens;
  private final SamplingInputs sampling;

  StepInputs(EngineContext context, OpenDevice device) {
    StepLimits limits = context.limits();
    long positionBytes = 8L * limits.max(Rows.ALL);
    tokenIds = positionBytes;
    logitTokens = tokenIds + 8L * Math.ceilDiv(limits.max(Rows.ALL), 2);
    long bytes = logitTokens + 4L * limits.max(Rows.LOGITS);
    host = context.allocate("inputs of a step", bytes);
    buffer = device.memory().allocate("inputs of a step", bytes);
    transfer = new HostTransfer(device, host, buffer);
    sampling = new SamplingInputs(context, device);
  }

  /** Submits a write; the copy on the host stays as it is until the step is over. */
  void upload(StepDescription step) {
    copy(step.positions(), 8L * step.tokens(), 0);
    copy(step.tokenIds(), 4L * step.tokens(), tokenIds);
    long logits = 4L * step.count(Rows.LOGITS);
    copy(step.logitTokens(), logits, logitTokens);
    transfer.write(0, 0, logitTokens + logits);
    sampling.upload(step);
  }

  private void copy(MemorySegment from, long bytes, long to) {
    MemorySegment.copy(from, ValueLayout.JAVA_BYTE, 0, host, ValueLayout.JAVA_BYTE, to, bytes);
  }

  /** Positions as 64-bit integers from its start; then the two lists below as 32-bit integers. */
  ClBuffer buffer() {
    return buffer;
  }

  /** Where the token ids start, in elements of 4 bytes. */
  long tokenIds() {
    return tokenIds / 4;
  }

  /** Where the tokens of logit rows start, in elements of 4 bytes. */
  long logitTokens() {
    return logitTokens / 4;
  }

  /** How the rows of logits are sampled. */
  SamplingInputs sampling() {
    return sampling;
  }
}
