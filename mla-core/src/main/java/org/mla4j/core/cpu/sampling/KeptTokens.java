package org.mla4j.core.cpu.sampling;

/**
 * Some tokens of a row, of which the last in rank is at hand: a binary heap. Tokens rank by
 * descending logit, equal ones by ascending id.
 */
final class KeptTokens {
  private final int[] heap;
  private final float[] logits;
  private int size;

  /**
   * For the tokens of rows whose logits are written to an array, which must not change while tokens
   * are kept.
   */
  KeptTokens(float[] logits) {
    this.logits = logits;
    heap = new int[logits.length];
  }

  void clear() {
    size = 0;
  }

  int size() {
    return size;
  }

  /** The token that ranks last; there must be one. */
  int last() {
    return heap[0];
  }

  void add(int token) {
    int at = size++;
    while (at > 0 && ranksBefore(heap[(at - 1) / 2], token)) {
      heap[at] = heap[(at - 1) / 2];
      at = (at - 1) / 2;
    }
    heap[at] = token;
  }

  void removeLast() {
    size--;
    sink(heap[size]);
  }

  /** Keeps a token instead of the one that ranks last. */
  void replaceLast(int token) {
    sink(token);
  }

  private void sink(int token) {
    int at = 0;
    for (int child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && ranksBefore(heap[child], heap[child + 1])) {
        child++;
      }
      if (ranksBefore(heap[child], token)) {
        break;
      }
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = token;
  }

  boolean ranksBefore(int a, int b) {
    return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
  }
}
