package org.mla4j.core.cpu.vector;

import org.mla4j.core.cpu.packed.ProductTiles;

/**
 * The tasks of a loop over the {@link TileInput tiles} of inputs of all experts that have more than
 * a few tokens.
 */
final class ExpertTiles {
  private final int[] experts;
  private final int[] numbers;
  private int tasks;

  /**
   * Allocates for the largest step.
   *
   * @param experts how many there are
   * @param slots pairs of a token and one of its experts
   */
  ExpertTiles(int experts, int slots) {
    // Each expert has at most one tile more than its tokens would fill.
    int most = slots / ProductTiles.ROWS + experts;
    this.experts = new int[most];
    numbers = new int[most];
  }

  /**
   * Lists the tiles of a step.
   *
   * @param groups the tokens of each expert
   * @param fewest how many tokens an expert has at least for its tiles to be listed
   */
  void fill(ExpertGroups groups, int fewest) {
    tasks = 0;
    for (int i = 0; i < groups.used(); i++) {
      int expert = groups.expert(i);
      int count = groups.count(expert);
      for (int tile = 0; count >= fewest && tile < TileInput.tiles(count); tile++) {
        experts[tasks] = expert;
        numbers[tasks++] = tile;
      }
    }
  }

  /** How many tasks there are in this step. */
  int tasks() {
    return tasks;
  }

  /** The expert whose tile a task has. */
  int expert(int task) {
    return experts[task];
  }

  /** Which tile of its expert a task has. */
  int tile(int task) {
    return numbers[task];
  }
}
