package org.mla4j.api.plan;

import java.util.List;
import java.util.Optional;
import org.mla4j.api.value.StepValue;

/**
 * The plan of a step with its data flow. Values that share memory, such as a buffer and a view of
 * part of its rows, are told apart to the element.
 */
public interface StepGraph {
  /**
   * Returns the nodes.
   *
   * @return in the order in which they run
   */
  List<Node> nodes();

  /**
   * Finds who made what a node reads.
   *
   * @param value a value that the reader reads
   * @param reader a node of this graph
   * @return the last node before it that writes to any element of the value
   */
  Optional<Node> writer(StepValue value, Node reader);

  /**
   * Finds who uses what a node made.
   *
   * @param value a value that the writer writes
   * @param writer a node of this graph
   * @return the nodes after it that read any element of the value, up to and including the next
   *     that writes to one
   */
  List<Node> readers(StepValue value, Node writer);
}
