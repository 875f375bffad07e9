package org.mla4j.core.engine;

/**
 * Hands out cache blocks. A block number stands for one block in the cache of every layer; block 0
 * is reserved.
 *
 * <p>Threading: the engine's thread; the counters may be read by any.
 */
final class BlockAllocator {
  private final int[] free;
  private volatile int available;

  BlockAllocator(int blocks) {
    free = new int[blocks - 1];
    for (int i = 0; i < free.length; i++) {
      free[i] = free.length - i; // the lowest numbers are handed out first
    }
    available = free.length;
  }

  int total() {
    return free.length;
  }

  int available() {
    return available;
  }

  /** Takes blocks; the caller has checked that there are enough. */
  void take(int[] into, int count) {
    int left = available;
    for (int i = 0; i < count; i++) {
      into[i] = free[--left];
    }
    available = left;
  }

  /** Gives blocks back. */
  void give(int[] blocks, int count) {
    int left = available;
    for (int i = count - 1; i >= 0; i--) {
      free[left++] = blocks[i];
    }
    available = left;
  }
}
