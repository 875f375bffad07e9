package org.mla4j.core.cpu.vector;

import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;

/**
 * Splits the new tokens of each sequence into blocks that share converted keys and values.
 *
 * <p>Threading: filled by one thread, then only read.
 */
final class QueryBlocks {
  /** Tokens in a block; a multiple of the queries attended at once. */
  static final int SIZE = 128;

  private final int[] firstRows;
  private final int[] rows;
  private final int[] indices;
  private final int[] sequences;
  private int count;

  /** Allocates for the largest step. */
  QueryBlocks(StepLimits limits) {
    int most = limits.maxTokens() / SIZE + Math.min(limits.maxSequences(), limits.maxTokens());
    firstRows = new int[most];
    rows = new int[most];
    indices = new int[most];
    sequences = new int[most];
  }

  /**
   * Splits.
   *
   * @param step the step
   * @param firstToken the token of row 0
   * @param rowCount how many rows there are
   */
  void fill(StepDescription step, int firstToken, int rowCount) {
    count = 0;
    for (int row = 0; row < rowCount; row += rows[count - 1]) {
      int sequence = step.sequenceOf(firstToken + row);
      firstRows[count] = row;
      rows[count] = Math.min(SIZE, step.queryStart(sequence + 1) - firstToken - row);
      indices[count] = firstToken + row - step.queryStart(sequence);
      sequences[count] = sequence;
      count++;
    }
  }

  /** How many blocks there are. */
  int count() {
    return count;
  }

  /** First row of a block. */
  int firstRow(int block) {
    return firstRows[block];
  }

  /** How many rows a block has. */
  int rows(int block) {
    return rows[block];
  }

  /** The sequence of a block. */
  int sequence(int block) {
    return sequences[block];
  }

  /** How many new tokens of its sequence come before a block. */
  int index(int block) {
    return indices[block];
  }
}
