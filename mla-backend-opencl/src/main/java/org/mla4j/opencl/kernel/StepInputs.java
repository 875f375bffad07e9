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
 * What kernels read of the description of a step, on the device, one after another in one buffer:
 * what holds for the whole step is written once per step, and what belongs to its open context pass
 * once per pass.
 */
final class StepInputs {
  private final StepLimits limits;
  private final MemorySegment host;
  private final HostTransfer transfer;
  private final ClBuffer buffer;
  private final long slots;
  private final long tokenIds;
  private final long tokenSequences;
  private final long queryStarts;
  private final long logitTokens;
  private final SamplingInputs sampling;
  private final long blockTables;
  private final long contextStarts;
  private final long contextRowStarts;
  private final long contextSequences;

  /** The context pass that is on the device; -1 for none of this step. */
  private int pass = -1;

  StepInputs(EngineContext context, OpenDevice device) {
    limits = context.limits();
    long tokens = limits.max(Rows.ALL);
    long sequences = limits.maxSequences();
    slots = 8 * tokens;
    tokenIds = slots + 8 * tokens;
    tokenSequences = tokenIds + 4 * tokens;
    queryStarts = tokenSequences + 4 * tokens;
    logitTokens = queryStarts + 4 * (sequences + 1);
    blockTables = logitTokens + 4L * limits.max(Rows.LOGITS);
    contextStarts = blockTables + 4 * sequences * limits.blocksPerSequence();
    contextRowStarts = contextStarts + 4 * sequences;
    contextSequences = contextRowStarts + 4 * (sequences + 1);
    long bytes = contextSequences + 4L * limits.max(Rows.CONTEXT);
    host = context.allocate("inputs of a step", bytes);
    buffer = device.memory().allocate("inputs of a step", bytes);
    transfer = new HostTransfer(device, host, buffer);
    sampling = new SamplingInputs(context, device);
  }

  /** Submits a write; the copy on the host stays as it is until the step is over. */
  void upload(StepDescription step) {
    copy(step.positions(), 8L * step.tokens(), 0);
    if (step.hasSlotMapping()) {
      copy(step.slots(), 8L * step.tokens(), slots);
    }
    copy(step.tokenIds(), 4L * step.tokens(), tokenIds);
    copy(step.tokenSequences(), 4L * step.tokens(), tokenSequences);
    copy(step.queryStarts(), 4L * (step.sequences() + 1), queryStarts);
    long logits = 4L * step.count(Rows.LOGITS);
    copy(step.logitTokens(), logits, logitTokens);
    transfer.write(0, 0, logitTokens + logits);
    sampling.upload(step);
    for (int sequence = 0; sequence < step.sequences(); sequence++) {
      uploadBlocks(step, sequence);
    }
    pass = -1;
  }

  /** Tables are as wide as the longest sequence may be; what a sequence does not use, stays. */
  private void uploadBlocks(StepDescription step, int sequence) {
    int blocks = Math.ceilDiv(step.sequenceLength(sequence), limits.blockSize());
    if (step.queryLength(sequence) == 0 || blocks == 0) {
      return;
    }
    long table = 4L * sequence * limits.blocksPerSequence();
    long bytes = 4L * blocks;
    MemorySegment.copy(
        step.blockTables(),
        ValueLayout.JAVA_BYTE,
        table,
        host,
        ValueLayout.JAVA_BYTE,
        blockTables + table,
        bytes);
    transfer.write(blockTables + table, blockTables + table, bytes);
  }

  /**
   * Submits a write of the open context pass, unless it was submitted before. The copy on the host
   * stays as it is until the kernels of the pass are done.
   */
  void uploadContext(StepDescription step) {
    if (step.contextPass() == pass) {
      return;
    }
    pass = step.contextPass();
    copy(step.contextStarts(), 4L * step.sequences(), contextStarts);
    copy(step.contextRowStarts(), 4L * (step.sequences() + 1), contextRowStarts);
    long rows = 4L * step.count(Rows.CONTEXT);
    copy(step.contextSequences(), rows, contextSequences);
    transfer.write(contextStarts, contextStarts, contextSequences + rows - contextStarts);
  }

  private void copy(MemorySegment from, long bytes, long to) {
    MemorySegment.copy(from, ValueLayout.JAVA_BYTE, 0, host, ValueLayout.JAVA_BYTE, to, bytes);
  }

  /**
   * Positions as 64-bit integers from its start, slots as such after them, then lists of 32-bit
   * integers.
   */
  ClBuffer buffer() {
    return buffer;
  }

  /** Where the slots start, in elements of 8 bytes. */
  long slots() {
    return slots / 8;
  }

  /** Where the token ids start, in elements of 4 bytes, as all that follow. */
  long tokenIds() {
    return tokenIds / 4;
  }

  /** Where the sequences of tokens start. */
  long tokenSequences() {
    return tokenSequences / 4;
  }

  /** Where the first tokens of sequences start. */
  long queryStarts() {
    return queryStarts / 4;
  }

  /** Where the tokens of logit rows start. */
  long logitTokens() {
    return logitTokens / 4;
  }

  /** Where the block tables start, each as wide as {@link #tableWidth}. */
  long blockTables() {
    return blockTables / 4;
  }

  /** Entries of a block table. */
  int tableWidth() {
    return limits.blocksPerSequence();
  }

  /** Tokens of a cache block. */
  int blockSize() {
    return limits.blockSize();
  }

  /** Where the first positions of sequences in the open context pass start. */
  long contextStarts() {
    return contextStarts / 4;
  }

  /** Where the first context rows of sequences start. */
  long contextRowStarts() {
    return contextRowStarts / 4;
  }

  /** Where the sequences of context rows start. */
  long contextSequences() {
    return contextSequences / 4;
  }

  /** How the rows of logits are sampled. */
  SamplingInputs sampling() {
    return sampling;
  }
}
