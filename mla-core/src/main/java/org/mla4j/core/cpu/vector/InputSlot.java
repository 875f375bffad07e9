package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;

/**
 * Memory for the interleaved inputs of a product, shared by all products that have the same slot.
 * Products created one after another have different ones: a fused kernel runs two of them at once.
 */
final class InputSlot {
  private MemorySegment memory = MemorySegment.NULL;

  void place(MemorySegment memory) {
    this.memory = memory;
  }

  /** The memory. Ask for it in each step: a kernel created later may have made it longer. */
  MemorySegment memory() {
    return memory;
  }
}
