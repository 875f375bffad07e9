package org.mla4j.core.measure;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cost.Cost;
import org.mla4j.core.cost.OpCost;
import org.mla4j.core.cost.StepShape;
import org.mla4j.core.runner.NodeObserver;
import org.mla4j.core.runner.StepRunner;

/**
 * Where the time of steps goes, and what their ops must compute and read. Observed steps wait after
 * every node and are never replayed from graphs. The clock is read at both ends of a node and at
 * both ends of what this observer does itself, which counts neither as the one nor as the other.
 *
 * <p>Threading: one thread at a time.
 */
public final class OpProfile implements NodeObserver {
  private final Map<String, Times> byType = new LinkedHashMap<>();
  private final Set<String> uncounted = new TreeSet<>();
  private Cost cost = Cost.NONE;
  private long outside;

  /** When the node that runs was started; 0 between nodes. */
  private long started;

  /** Since when nothing but the engine itself has run. */
  private long idleSince;

  /**
   * The nodes of one type of op.
   *
   * @param op its type
   * @param runs how often such a node ran
   * @param nanos how long they took
   * @param cost what they had to do; empty if nobody knows
   */
  public record Share(String op, long runs, long nanos, Optional<Cost> cost) {}

  private static final class Times {
    private long runs;
    private long nanos;
    private Cost cost = Cost.NONE;
  }

  /** Makes an empty profile. */
  public OpProfile() {}

  /**
   * Runs the step that was described and adds it to this.
   *
   * @param runner runs it
   * @throws org.mla4j.api.error.BackendException if a kernel fails
   */
  public void run(StepRunner runner) {
    StepShape shape = StepShape.of(runner.step());
    started = 0;
    idleSince = System.nanoTime();
    runner.run(this);
    outside += System.nanoTime() - idleSince;
    for (Node node : runner.nodes()) {
      OpCost.of(node, shape)
          .ifPresentOrElse(
              found -> {
                cost = cost.plus(found);
                Times times = byType.get(node.op().type());
                if (times != null) {
                  times.cost = times.cost.plus(found);
                }
              },
              () -> uncounted.add(node.op().type()));
    }
  }

  @Override
  public void before(Node node, StepDescription step) {
    outside += System.nanoTime() - idleSince;
    started = System.nanoTime();
  }

  @Override
  public void after(Node node, StepDescription step, Bindings bindings) {
    long now = System.nanoTime();
    if (started != 0) { // else something that the node before stood for
      Times times = byType.computeIfAbsent(node.op().type(), type -> new Times());
      times.runs++;
      times.nanos += now - started;
      started = 0;
    }
    idleSince = System.nanoTime();
  }

  /**
   * Returns the types of op that ran.
   *
   * @return the one that took longest first
   */
  public List<Share> shares() {
    return byType.entrySet().stream()
        .map(entry -> share(entry.getKey(), entry.getValue()))
        .sorted(Comparator.comparingLong(Share::nanos).reversed())
        .toList();
  }

  private Share share(String op, Times times) {
    return new Share(
        op,
        times.runs,
        times.nanos,
        uncounted.contains(op) ? Optional.empty() : Optional.of(times.cost));
  }

  /**
   * Returns what all ops had to do.
   *
   * @return the sum, without the {@link #uncounted()} ones
   */
  public Cost cost() {
    return cost;
  }

  /**
   * Returns the types of op whose cost nobody knows.
   *
   * @return sorted; empty if the cost is complete
   */
  public Set<String> uncounted() {
    return Set.copyOf(uncounted);
  }

  /**
   * Returns how long no kernel ran: what the engine does between them.
   *
   * @return nanoseconds
   */
  public long outsideNanos() {
    return outside;
  }

  /**
   * Returns how long the steps took, without what observing them cost.
   *
   * @return nanoseconds, inside kernels and outside
   */
  public long nanos() {
    return outside + byType.values().stream().mapToLong(times -> times.nanos).sum();
  }
}
