package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;

/**
 * What lies between the loops of {@code fused_moe}, in scratch memory that all workers share: for
 * each {@linkplain ExpertGroups slot} a row of gates, which become inner elements, one of ups, and
 * one of outputs.
 */
final class SlotRows {
  private final Operand gates;
  private final Operand ups;
  private final Operand outputs;
  private final long upsAt;
  private final long outputsAt;
  private final Scratch scratch;

  /**
   * Reserves memory.
   *
   * @param slots how many at most
   * @param innerWidth gates and ups of a row
   * @param hiddenWidth outputs of a row
   * @param scratch where they lie
   */
  SlotRows(int slots, int innerWidth, int hiddenWidth, Scratch scratch) {
    gates = Operand.dense(innerWidth);
    ups = Operand.dense(innerWidth);
    outputs = Operand.dense(hiddenWidth);
    upsAt = 4L * slots * innerWidth;
    outputsAt = 2 * upsAt;
    this.scratch = scratch;
    scratch.reserve(Silu.SCRATCH_BYTES);
    scratch.reserveShared(outputsAt + 4L * slots * hiddenWidth);
  }

  /** Called in each step: a kernel created later may have made the scratch memory longer. */
  void begin() {
    gates.place(scratch.shared(), 0);
    ups.place(scratch.shared(), upsAt);
    outputs.place(scratch.shared(), outputsAt);
  }

  /** The gates of each slot, and its inner elements once they are {@linkplain #join joined}. */
  Operand gates() {
    return gates;
  }

  Operand ups() {
    return ups;
  }

  Operand outputs() {
    return outputs;
  }

  /**
   * Turns some gates of some slots into inner elements.
   *
   * @param firstSlot the first slot
   * @param slots how many
   * @param first the first gate of each
   * @param count how many gates of each
   * @param worker who asks
   */
  void join(int firstSlot, int slots, int first, int count, int worker) {
    MemorySegment memory = gates.segment();
    for (int slot = firstSlot; slot < firstSlot + slots; slot++) {
      long gateAt = gates.at(slot) + 4L * first;
      long upAt = ups.at(slot) + 4L * first;
      Silu.multiply(memory, gateAt, memory, upAt, memory, gateAt, count, scratch.of(worker));
    }
  }
}
