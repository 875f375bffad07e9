package org.mla4j.tck.plain;

/** Token ids in the order of their logits, the largest first, the lowest id of equals first. */
final class Ranking {
  private final int vocabulary;
  private final Workspace ids;
  private final boolean higherWins;

  Ranking(int vocabulary, PlainContext context) {
    this.vocabulary = vocabulary;
    ids = context.workspace("ranked tokens", vocabulary);
    higherWins = context.wrong(Mistake.TIES_TO_HIGHER_TOKEN);
  }

  boolean before(int id, float logit, int other, float otherLogit) {
    return logit != otherLogit ? logit > otherLogit : higherWins ? id > other : id < other;
  }

  int id(int worker, int rank) {
    return (int) ids.get(worker, rank);
  }

  /** Sorts by heap: no memory, no recursion. */
  void sort(RowView logits, long row, int worker) {
    for (int id = 0; id < vocabulary; id++) {
      ids.set(worker, id, id);
    }
    for (int root = vocabulary / 2 - 1; root >= 0; root--) {
      sink(logits, row, worker, root, vocabulary);
    }
    for (int end = vocabulary - 1; end > 0; end--) {
      swap(worker, 0, end);
      sink(logits, row, worker, 0, end);
    }
  }

  /** Moves a rank down until none of its children comes later in the order. */
  private void sink(RowView logits, long row, int worker, int from, int end) {
    int root = from;
    while (2 * root + 1 < end) {
      int child = 2 * root + 1;
      if (child + 1 < end && ranksBefore(logits, row, worker, child, child + 1)) {
        child++;
      }
      if (!ranksBefore(logits, row, worker, root, child)) {
        return;
      }
      swap(worker, root, child);
      root = child;
    }
  }

  private boolean ranksBefore(RowView logits, long row, int worker, int first, int second) {
    int one = id(worker, first);
    int other = id(worker, second);
    return before(one, logits.get(row, one), other, logits.get(row, other));
  }

  private void swap(int worker, int first, int second) {
    double kept = ids.get(worker, first);
    ids.set(worker, first, ids.get(worker, second));
    ids.set(worker, second, kept);
  }
}
