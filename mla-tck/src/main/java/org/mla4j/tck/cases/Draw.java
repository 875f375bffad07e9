package org.mla4j.tck.cases;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.mla4j.tck.ConformanceSettings;
import org.mla4j.tck.Profile;

/** Samples of grids. */
final class Draw {
  private Draw() {}

  /** The whole grid in the full profile, otherwise some of it. */
  static <T> List<T> some(List<T> grid, int count, ConformanceSettings settings) {
    if (settings.profile() == Profile.FULL || grid.size() <= count) {
      return grid;
    }
    List<T> shuffled = new ArrayList<>(grid);
    Collections.shuffle(shuffled, new Random(settings.seed() ^ grid.size()));
    return List.copyOf(shuffled.subList(0, count));
  }
}
