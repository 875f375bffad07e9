package org.mla4j.benchmarks.peer;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Runs two contenders in turns. */
final class Duel {
  private final List<String> ours;
  private final List<String> theirs;
  private final List<PeerTest> tests;
  private final int warmups;
  private final int rounds;
  private final Consumer<String> progress;
  private final List<PairedTimes> times;

  /** Takes the commands that start the contenders. */
  Duel(
      List<String> ours,
      List<String> theirs,
      List<PeerTest> tests,
      int warmups,
      int rounds,
      Consumer<String> progress) {
    this.ours = ours;
    this.theirs = theirs;
    this.tests = tests;
    this.warmups = warmups;
    this.rounds = rounds;
    this.progress = progress;
    times =
        tests.stream()
            .map(test -> new PairedTimes(test.name(), new ArrayList<>(), new ArrayList<>()))
            .toList();
  }

  /** Who took part: MLA4J and the peer. */
  record Reports(ContenderReport ours, ContenderReport theirs) {}

  /** Both stay loaded; for each test all rounds, so that a context is filled once. */
  Reports together() throws IOException {
    progress.accept("loading MLA4J");
    try (Contender first = Contender.start(ours)) {
      progress.accept("loading the peer");
      try (Contender second = Contender.start(theirs)) {
        for (int i = 0; i < tests.size(); i++) {
          warmUp(first, tests.get(i));
          warmUp(second, tests.get(i));
          for (int round = 1; round <= rounds; round++) {
            progress.accept(tests.get(i).name() + ", round " + round + " of " + rounds);
            times.get(i).ours().add(first.seconds(tests.get(i)));
            times.get(i).theirs().add(second.seconds(tests.get(i)));
          }
        }
        return new Reports(first.report(), second.report());
      }
    }
  }

  /** Each is loaded anew in each round, for models of which memory holds one only. */
  Reports apart() throws IOException {
    List<ContenderReport> first = new ArrayList<>();
    List<ContenderReport> second = new ArrayList<>();
    for (int round = 1; round <= rounds; round++) {
      progress.accept("MLA4J, round " + round + " of " + rounds);
      first.add(alone(ours, true));
      progress.accept("the peer, round " + round + " of " + rounds);
      second.add(alone(theirs, false));
    }
    return new Reports(typical(first), typical(second));
  }

  private ContenderReport alone(List<String> command, boolean first) throws IOException {
    try (Contender contender = Contender.start(command)) {
      for (int i = 0; i < tests.size(); i++) {
        warmUp(contender, tests.get(i));
        double seconds = contender.seconds(tests.get(i));
        (first ? times.get(i).ours() : times.get(i).theirs()).add(seconds);
      }
      return contender.report();
    }
  }

  private void warmUp(Contender contender, PeerTest test) throws IOException {
    for (int i = 0; i < warmups; i++) {
      progress.accept(test.name() + ", warming up");
      contender.seconds(test);
    }
  }

  private static ContenderReport typical(List<ContenderReport> runs) {
    ContenderReport any = runs.getFirst();
    double ready =
        Statistics.of(runs.stream().map(ContenderReport::readySeconds).toList()).median();
    long peak = runs.stream().mapToLong(ContenderReport::peakBytes).max().orElseThrow();
    return new ContenderReport(any.name(), any.version(), any.settings(), ready, peak);
  }

  /** What was measured. */
  List<PairedTimes> times() {
    return times;
  }
}
