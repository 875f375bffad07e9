package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;

/**
 * Reads each line of a part of a group without doing anything to it. Memory then delivers many
 * lines at a time, which the loops that convert them would not ask for soon enough.
 */
interface GroupTouch {
  GroupTouch KERNEL = GroupKernels.touch();

  /** Bytes that come from memory together. */
  int LINE = 64;

  /**
   * Reads.
   *
   * @param group where the group is
   * @param at where the part starts
   * @param bytes how many; a last line that is not full is left out
   * @param out takes a vector that is of no use, without which nothing would be read
   * @param outAt where that goes
   */
  void touch(MemorySegment group, long at, long bytes, MemorySegment out, long outAt);
}
