package org.mla4j.core.runner;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;
import org.mla4j.core.execution.PreparedPlan;
import org.mla4j.core.execution.StepExecutor;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.registry.BackendRegistry;

/**
 * A model ready to run steps: its plan, its kernels, its memory and its threads. Fill {@link
 * #step()}, then {@link #run}.
 *
 * <p>This is the level below the engine, for those who decide themselves what a step holds:
 * verification, benchmarks, other schedulers. Threading: one thread at a time; {@code run} uses the
 * runner's own threads beside the caller's.
 */
public final class StepRunner implements AutoCloseable {
  private final Machine machine;
  private final PreparedPlan plan;
  private final StepDescription step;
  private boolean closed;

  private StepRunner(Machine machine, StepDescription step, PreparedPlan plan) {
    this.machine = machine;
    this.plan = plan;
    this.step = step;
  }

  /**
   * Finds backends, makes the plan, takes the weights and allocates everything a step needs.
   *
   * @param model the model; may be closed when this returns
   * @param options what the user chose
   * @return the runner
   * @throws org.mla4j.api.error.BackendException if a backend the user named cannot be used or
   *     declines
   * @throws org.mla4j.api.error.ModelException if the checkpoint does not fit its configuration
   * @throws org.mla4j.api.error.InvalidInputException if an option does not fit the model
   */
  public static StepRunner build(ModelDefinition model, EngineOptions options) {
    StepLimits limits = RunnerLimits.of(model, options);
    Machine machine =
        Machine.open(
            BackendRegistry.discover(options.pluginLoader()), limits, options, model.name());
    try {
      StepDescription step = new StepDescription(limits, machine.arena());
      PreparedPlan plan = machine.prepare(model);
      try {
        machine.notConsulted().warn(plan.plan().consulted(), model.name());
        return new StepRunner(machine, step, plan);
      } catch (RuntimeException | Error e) {
        plan.executor().close();
        throw e;
      }
    } catch (RuntimeException | Error e) {
      machine.closeAfter(e);
      throw e;
    }
  }

  /**
   * Returns the description of the next step, to be cleared and filled by the caller.
   *
   * @return always the same object
   */
  public StepDescription step() {
    return step;
  }

  /**
   * Runs the step that was described and waits for it.
   *
   * @throws org.mla4j.api.error.BackendException if a kernel fails
   */
  public void run() {
    run(null);
  }

  /**
   * Runs the step that was described, showing values as they are computed.
   *
   * @param observer called after every node; null for none
   * @throws org.mla4j.api.error.BackendException if a kernel fails
   */
  public void run(@Nullable NodeObserver observer) {
    requireOpen();
    boolean _ =
        plan.executor().run(step, () -> true, observer == null ? null : new Shown(observer));
  }

  /**
   * An observer as the executor sees it.
   *
   * @param observer is shown every node
   */
  private record Shown(NodeObserver observer) implements StepExecutor.AfterNode {
    @Override
    public void before(Node node, StepDescription step) {
      observer.before(node, step);
    }

    @Override
    public void after(Node node, StepDescription step, Bindings bindings) {
      observer.after(node, step, bindings);
    }
  }

  /**
   * Runs the step that was described as long as somebody wants it, and waits for it.
   *
   * @param wanted asked between layers, by the calling thread
   * @return false if the step was given up: its results are undefined, the runner stays usable
   * @throws org.mla4j.api.error.BackendException if a kernel fails
   */
  public boolean runWhile(BooleanSupplier wanted) {
    requireOpen();
    return plan.executor().run(step, wanted, null);
  }

  /**
   * Makes sure that weights can be reloaded, before anything is changed.
   *
   * @throws org.mla4j.api.error.BackendException if a backend with weights cannot
   */
  public void requireReloadable() {
    requireOpen();
    plan.executor().requireReloadable();
  }

  /**
   * Takes all weights again, after the values behind their handles have changed; the model must
   * still be open. What caches hold is left as it is. Not while a step runs.
   *
   * @throws org.mla4j.api.error.BackendException if a backend fails: then some have the new weights
   *     and some the old, and the runner is of no more use
   */
  public void reloadWeights() {
    requireOpen();
    plan.executor().reloadWeights();
  }

  private void requireOpen() {
    if (closed) {
      throw new ClosedException(ErrorCode.CLOSED, "A closed step runner was used.");
    }
  }

  /**
   * Returns the token drawn from a row of logits.
   *
   * @param row a logit row of the step that ran last
   * @return the token id
   */
  public int sampled(int row) {
    Objects.checkIndex(row, step.count(Rows.LOGITS));
    return plan.results().sampled(row);
  }

  /**
   * Returns a row of logits.
   *
   * @param row a logit row of the step that ran last
   * @return a copy, one number per token id
   */
  public float[] logits(int row) {
    Objects.checkIndex(row, step.count(Rows.LOGITS));
    return plan.results().logits(row);
  }

  /**
   * Returns the largest step this runner takes.
   *
   * @return the limits
   */
  public StepLimits limits() {
    return machine.limits();
  }

  /**
   * Returns what a step runs, as observers see it.
   *
   * @return the nodes of the plan, in order; those of a plan that is taken whole are one
   */
  public List<Node> nodes() {
    return plan.plan().plainNodes();
  }

  /**
   * Tells who runs what.
   *
   * @return the plan as data
   */
  public Explanation explain() {
    return plan.executor().explain(machine.notConsulted().explain(plan.plan().consulted()));
  }

  /**
   * Returns how many steps were replayed from graphs; observed steps never are.
   *
   * @return steps since this runner was built
   */
  public long replayedSteps() {
    return plan.executor().replays();
  }

  /**
   * Returns how much memory outside the heap is used, that of devices included, without mapped
   * weights.
   *
   * @return purpose to bytes, of a device with the name of its backend; empty once this is closed
   */
  public Map<String, Long> memory() {
    return machine.memory();
  }

  /** Closes kernels, backends and threads, then frees the memory. Calling it twice does no harm. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      try {
        plan.executor().close();
      } finally {
        machine.close();
      }
    }
  }
}
