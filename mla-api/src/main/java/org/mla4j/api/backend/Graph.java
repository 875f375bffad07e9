package org.mla4j.api.backend;

import java.util.List;
import org.mla4j.api.step.StepDescription;

/**
 * The work of neighbouring nodes in a decode step, recorded once. A replay gives what running their
 * kernels one by one would give.
 *
 * <p>It is captured for some number of rows and replayed for as many or fewer. Rows beyond the live
 * ones are neither read nor written, whatever they hold.
 *
 * <p>Threading: one thread at a time.
 */
public interface Graph extends AutoCloseable {
  /**
   * Returns what the graph depends on. Everything is either baked or refreshed; what is not listed
   * never changes.
   *
   * @return the arguments, always the same
   */
  List<GraphArgument> arguments();

  /**
   * Takes the refreshed arguments of a step: lengths, tables, ids. Called once before each replay,
   * in place of {@link Backend#prepare} and not beside it. Must not allocate.
   *
   * @param step a decode step of at most as many tokens as the graph was captured for
   */
  void update(StepDescription step);

  /**
   * Submits the recorded work. Must not allocate or wait for a device.
   *
   * @param queue the queue of the backend
   */
  void replay(Queue queue);

  /** Releases the recording. Calling it twice does no harm. */
  @Override
  void close();
}
