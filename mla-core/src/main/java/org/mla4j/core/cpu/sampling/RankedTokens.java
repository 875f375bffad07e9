package org.mla4j.core.cpu.sampling;

/** Tokens by descending logit, equal ones by ascending id, handed out one by one: a binary heap. */
final class RankedTokens {
  private final int[] heap;
  private float[] logits = {};
  private int size;

  RankedTokens(int vocabulary) {
    heap = new int[vocabulary];
  }

  /** Starts over with all tokens. The logits must not change while tokens are taken. */
  void begin(float[] logits) {
    this.logits = logits;
    size = heap.length;
    for (int token = 0; token < size; token++) {
      heap[token] = token;
    }
    for (int parent = size / 2 - 1; parent >= 0; parent--) {
      siftDown(parent);
    }
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Takes the first of the tokens that are left; there must be one. */
  int next() {
    int first = heap[0];
    heap[0] = heap[--size];
    siftDown(0);
    return first;
  }

  private void siftDown(int parent) {
    int token = heap[parent];
    int at = parent;
    for (int child = 2 * at + 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && ranksBefore(logits, heap[child + 1], heap[child])) {
        child++;
      }
      if (!ranksBefore(logits, heap[child], token)) {
        break;
      }
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = token;
  }

  static boolean ranksBefore(float[] logits, int a, int b) {
    return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
  }
}
