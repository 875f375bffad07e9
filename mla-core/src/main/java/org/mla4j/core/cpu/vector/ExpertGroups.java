package org.mla4j.core.cpu.vector;

import java.util.Arrays;

/**
 * The tokens of a step by expert: a slot for each pair of a token and one of its experts, the slots
 * of an expert side by side.
 *
 * <p>Threading: filled by one thread, then only read.
 */
final class ExpertGroups {
  private final int topK;
  private final int[] firstSlots;
  private final int[] nextSlots;
  private final int[] used;
  private final int[] tokens;
  private final int[] slots;
  private int usedCount;

  /**
   * Allocates for the largest step.
   *
   * @param experts how many experts there are
   * @param topK experts of a token
   * @param maxTokens tokens in a step
   */
  ExpertGroups(int experts, int topK, int maxTokens) {
    this.topK = topK;
    firstSlots = new int[experts + 1];
    nextSlots = new int[experts];
    used = new int[experts];
    tokens = new int[maxTokens * topK];
    slots = new int[maxTokens * topK];
  }

  /** Groups the tokens of a step. */
  void fill(RoutedTokens routed) {
    Arrays.fill(firstSlots, 0);
    for (int token = 0; token < routed.count(); token++) {
      for (int k = 0; k < topK; k++) {
        firstSlots[routed.expert(token, k) + 1]++;
      }
    }
    usedCount = 0;
    for (int expert = 0; expert < used.length; expert++) {
      if (firstSlots[expert + 1] > 0) {
        used[usedCount++] = expert;
      }
      firstSlots[expert + 1] += firstSlots[expert];
      nextSlots[expert] = firstSlots[expert];
    }
    for (int token = 0; token < routed.count(); token++) {
      for (int k = 0; k < topK; k++) {
        int slot = nextSlots[routed.expert(token, k)]++;
        tokens[slot] = token;
        slots[token * topK + k] = slot;
      }
    }
  }

  /** How many experts have a token. */
  int used() {
    return usedCount;
  }

  /** The expert with that index among those that have a token. */
  int expert(int index) {
    return used[index];
  }

  /** First slot of an expert. */
  int firstSlot(int expert) {
    return firstSlots[expert];
  }

  /** How many tokens an expert has. */
  int count(int expert) {
    return firstSlots[expert + 1] - firstSlots[expert];
  }

  /** The slot of a token's k-th expert. */
  int slot(int token, int k) {
    return slots[token * topK + k];
  }

  /** The token of each slot. */
  int[] tokens() {
    return tokens;
  }
}
