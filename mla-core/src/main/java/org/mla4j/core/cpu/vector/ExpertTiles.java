package org.mla4j.core.cpu.vector;

import org.mla4j.core.cpu.packed.ProductTiles;

/** The tasks of a loop over the {@link TileInput tiles} of inputs of all experts. */
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
    // At most each expert has one tile that is not full.
    int most = slots / ProductTiles.ROWS + experts;
    this.experts = new int[most];
    numbers = new int[most];
  }

  /** Lists the tiles of a step. */
  void fill(ExpertGroups groups) {
    tasks = 0;
    for (int i = 0; i < groups.used(); i++) {
      int expert = groups.expert(i);
      for (int tile = 0; tile < TileInput.tiles(groups.count(expert)); tile++) {
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
