package org.mla4j.api.diagnosis;

import java.util.List;
import org.mla4j.api.step.Rows;

/**
 * A plan with who runs each node, and who was asked before and why each declined; what fusion made
 * of it; how it is executed.
 *
 * @param model name of the model
 * @param before the nodes before fusion
 * @param entries the nodes in the order in which they run
 * @param fusions what became of each place where nodes could be one
 * @param execution how steps run, one line each: the mode, what is captured, what is not and why
 * @param notConsulted backends that are installed but had no say, and why
 */
public record Explanation(
    String model,
    List<Before> before,
    List<Entry> entries,
    List<Fusion> fusions,
    List<String> execution,
    List<Declined> notConsulted) {
  /** Copies the lists. */
  public Explanation {
    before = List.copyOf(before);
    entries = List.copyOf(entries);
    fusions = List.copyOf(fusions);
    execution = List.copyOf(execution);
    notConsulted = List.copyOf(notConsulted);
  }

  /**
   * Makes the explanation of a plan that nothing was fused in.
   *
   * @param model name of the model
   * @param entries the nodes in the order in which they run
   */
  public Explanation(String model, List<Entry> entries) {
    this(
        model,
        entries.stream().map(it -> new Before(it.node(), it.op(), it.backend())).toList(),
        entries,
        List.of(),
        List.of(),
        List.of());
  }

  /**
   * A node as it was before fusion.
   *
   * @param node its name
   * @param op type of its op
   * @param backend who would have run it; empty if nobody
   */
  public record Before(String node, String op, String backend) {}

  /**
   * A place where several nodes could be one.
   *
   * @param op type of the fused op
   * @param nodes names of the nodes it stands for
   * @param backend who runs it; empty if nobody does
   * @param declined who was asked and why not; a refusal for other reasons has an empty backend
   */
  public record Fusion(String op, List<String> nodes, String backend, List<Declined> declined) {
    /** Copies the lists. */
    public Fusion {
      nodes = List.copyOf(nodes);
      declined = List.copyOf(declined);
    }

    /**
     * Tells whether the nodes were replaced.
     *
     * @return true if somebody runs the fused op
     */
    public boolean done() {
      return !backend.isEmpty();
    }
  }

  /**
   * One node.
   *
   * @param node its name
   * @param op type of its op, or of its layer when a backend took that whole
   * @param rows the rows it works on
   * @param reads names of what it reads
   * @param writes names of what it writes
   * @param backend who runs it
   * @param kernel the kernel, as the backend calls it
   * @param declined who was asked before
   */
  public record Entry(
      String node,
      String op,
      Rows rows,
      List<String> reads,
      List<String> writes,
      String backend,
      String kernel,
      List<Declined> declined) {
    /** Copies the lists. */
    public Entry {
      reads = List.copyOf(reads);
      writes = List.copyOf(writes);
      declined = List.copyOf(declined);
    }
  }

  /**
   * A backend that does not run a node.
   *
   * @param backend its name
   * @param what the op or the layer that it was asked for
   * @param reasons why not
   */
  public record Declined(String backend, String what, List<String> reasons) {
    /** Copies the list. */
    public Declined {
      reasons = List.copyOf(reasons);
    }
  }
}
