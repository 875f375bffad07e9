package org.mla4j.core.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.testing.OpTestBench;
import org.mla4j.core.testing.TestParallel;

@DisplayName("The panels of experts, parted among workers")
class ExpertPanelsTest {
  private static final int EXPERTS = 9;

  /** Experts 0, 2, 4, 6 and 8 have a token, the last one three. */
  private static final int[] CHOSEN = {8, 2, 0, 8, 4, 6, 8};

  private static final int USED = 5;

  record Task(int expert, int panel) {}

  @ParameterizedTest(name = "{0} panels, {1} workers")
  @CsvSource({"1,1", "22,1", "22,2", "22,3", "22,16", "1,4", "7,5", "8,4"})
  void eachPanelOnceAndOneExpertAfterTheOther(int panels, int workers) {
    ExpertPanels tasks = new ExpertPanels(groups(), panels, workers);
    Set<Task> all = new HashSet<>();
    for (int worker = 0; worker < workers; worker++) {
      List<Task> own = tasksOf(tasks, worker, workers);
      assertTrue(
          own.size() >= USED * panels / workers - USED
              && own.size() <= USED * panels / workers + USED,
          own.toString());
      Task last = new Task(-1, 0);
      for (Task task : own) {
        boolean next =
            task.expert() > last.expert()
                || task.expert() == last.expert() && task.panel() == last.panel() + 1;
        assertTrue(next, own.toString());
        assertTrue(all.add(task), task + " is done twice");
        last = task;
      }
    }
    assertEquals(USED * panels, all.size());
    assertTrue(all.stream().allMatch(task -> task.expert() % 2 == 0 && task.panel() < panels));
  }

  @ParameterizedTest(name = "{0} panels, {1} workers")
  @CsvSource({"2,5", "22,5", "7,5", "1,5", "10,5"})
  @DisplayName(
      "as many experts as workers: all have the same number, however many panels there are")
  void longerSharesGoRound(int panels, int workers) {
    ExpertPanels tasks = new ExpertPanels(groups(), panels, workers);
    for (int worker = 0; worker < workers; worker++) {
      assertEquals(panels, tasksOf(tasks, worker, workers).size());
    }
  }

  /** What a worker of a pool does: an equal range of all tasks, in their order. */
  private static List<Task> tasksOf(ExpertPanels tasks, int worker, int workers) {
    List<Task> own = new ArrayList<>();
    int end = tasks.tasks() * (worker + 1) / workers;
    for (int task = tasks.tasks() * worker / workers; task < end; task++) {
      if (tasks.panel(task) != ExpertPanels.NONE) {
        own.add(new Task(tasks.expert(task), tasks.panel(task)));
      }
    }
    return own;
  }

  private static ExpertGroups groups() {
    int tokens = CHOSEN.length;
    try (OpTestBench bench =
        new OpTestBench(new StepLimits(tokens, 1, 64, 16, 8), TestParallel.sequential())
            .prefillStep(tokens)) {
      StepValue ids = StepValue.buffer("ids", DType.I32, Rows.ALL, 1);
      bench.fillInts(ids, Arrays.copyOf(CHOSEN, tokens));
      Operand row = Operand.of(bench.tensor(bench.buffer("row", Rows.ALL, 1)));
      RoutedTokens routed = new RoutedTokens(row, Operand.of(bench.tensor(ids)), row, row);
      routed.begin(bench.step());
      ExpertGroups groups = new ExpertGroups(EXPERTS, 1, tokens);
      groups.fill(routed);
      return groups;
    }
  }
}
