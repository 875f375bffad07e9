package org.mla4j.api.diagnosis;

import java.util.List;
import org.mla4j.api.step.Rows;

/**
 * A plan with who runs each node, and who was asked before and why each declined.
 *
 * @param model name of the model
 * @param entries the nodes in the order in which they run
 */
public record Explanation(String model, List<Entry> entries) {
  /** Copies the list. */
  public Explanation {
    entries = List.copyOf(entries);
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
