package org.mla4j.core.cpu.vector;

/**
 * The tasks of a loop over the panels of all experts that have a token.
 *
 * <p>A worker has a share of every expert's panels: however unevenly tokens chose, all have as much
 * to do. It takes one expert after the other, so that the inputs of an expert stay in its cache
 * while its panels pass by, and those lie side by side in memory. Where the panels cannot be parted
 * evenly the longer shares go to other workers from expert to expert.
 *
 * <p>Workers take equal ranges of tasks, each of which must then hold as many for an expert as its
 * longest share: some tasks are {@link #NONE nothing}. Only speed depends on who runs a task.
 */
final class ExpertPanels {
  /** The panel of a task without one. */
  static final int NONE = -1;

  private final ExpertGroups groups;
  private final int panels;
  private final int workers;
  private final int longestShare;

  /**
   * Parts panels among workers.
   *
   * @param groups the experts that have a token
   * @param panels panels of each expert
   * @param workers how many there are
   */
  ExpertPanels(ExpertGroups groups, int panels, int workers) {
    this.groups = groups;
    this.panels = panels;
    this.workers = workers;
    longestShare = Math.ceilDiv(panels, workers);
  }

  /** How many tasks there are in this step. */
  int tasks() {
    return workers * tasksOfWorker();
  }

  private int tasksOfWorker() {
    return groups.used() * longestShare;
  }

  /** The expert of a task. */
  int expert(int task) {
    return groups.expert(index(task));
  }

  private int index(int task) {
    return task % tasksOfWorker() / longestShare;
  }

  /** The panel of a task, or {@link #NONE}. */
  int panel(int task) {
    int share = (task / tasksOfWorker() + index(task)) % workers;
    int panel = firstPanel(share) + task % longestShare;
    return panel < firstPanel(share + 1) ? panel : NONE;
  }

  private int firstPanel(int share) {
    return panels * share / workers;
  }
}
