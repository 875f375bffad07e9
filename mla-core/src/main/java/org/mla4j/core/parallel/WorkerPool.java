package org.mla4j.core.parallel;

import java.lang.reflect.UndeclaredThrowableException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/**
 * The threads of one engine: the caller of {@link #run} and a fixed number of daemon threads beside
 * it.
 *
 * <p>Partition: worker {@code w} of {@code n} runs the tasks {@code w * tasks / n} to {@code (w +
 * 1) * tasks / n - 1}, in that order, so that neighbouring tasks stream neighbouring memory. Tasks
 * never move to another worker. The caller is worker 0; fewer tasks than threads leave the last
 * threads asleep.
 *
 * <p>Waiting: a thread without work spins for some microseconds, which is the gap between two
 * kernels of a step, then parks. {@code run} does not allocate.
 *
 * <p>Threading: {@code run} may be called by any thread, virtual ones included, by one at a time.
 * What a caller wrote before {@code run} is visible to all tasks; what tasks wrote is visible to
 * the caller when {@code run} returns.
 */
public final class WorkerPool implements ParallelFor, AutoCloseable {
  private enum State {
    IDLE,
    RUNNING,
    CLOSED
  }

  private final String engine;
  private final Helper[] helpers;
  private final AtomicReference<State> state = new AtomicReference<>(State.IDLE);
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  /** The thread inside {@code run}. Only that thread needs to see its own write. */
  private @Nullable Thread caller;

  /** The caller once it has parked, for the helper that finishes to wake. */
  private volatile @Nullable Thread parkedCaller;

  /**
   * Starts the threads, named {@code mla-<engine>-worker-<n>} with n from 1.
   *
   * @param engine name of the engine, for the names of the threads
   * @param threads how many tasks run at once, the caller included; 1 starts none
   * @throws InvalidInputException if {@code threads} is less than 1
   */
  public WorkerPool(String engine, int threads) {
    if (threads < 1) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Engine '" + engine + "': threads = " + threads + "; expected 1 or more.");
    }
    this.engine = engine;
    helpers = new Helper[threads - 1];
    for (int i = 0; i < helpers.length; i++) {
      helpers[i] = new Helper(this, i + 1, "mla-" + engine + "-worker-" + (i + 1));
    }
    try {
      for (Helper helper : helpers) {
        helper.start();
      }
    } catch (Throwable e) {
      // A process may have no more threads to give: those that run already must not wait for ever.
      close();
      throw e;
    }
  }

  @Override
  public int threads() {
    return helpers.length + 1;
  }

  /**
   * {@inheritDoc}
   *
   * <p>After the first failure no further task is started; the pool stays usable.
   *
   * @throws IllegalStateException if called from within a task, or while another thread's loop runs
   * @throws ClosedException if the pool is closed
   * @throws UndeclaredThrowableException if a task threw a checked exception behind the compiler's
   *     back
   */
  @Override
  public void run(int tasks, Body body) {
    if (tasks < 0) {
      throw new IllegalArgumentException(
          "Parallel loop of " + tasks + " tasks; expected 0 or more.");
    }
    begin();
    try {
      runOnAll(tasks, body);
    } finally {
      end();
    }
    Throwable thrown = failure.get();
    if (thrown != null) {
      failure.set(null);
      rethrow(thrown);
    }
  }

  private void begin() {
    if (state.compareAndSet(State.IDLE, State.RUNNING)) {
      caller = Thread.currentThread();
      return;
    }
    if (state.get() == State.CLOSED) {
      throw new ClosedException(
          ErrorCode.CLOSED, "run() on the closed threads of engine '" + engine + "'.");
    }
    throw new IllegalStateException(
        isInsideTask()
            ? "Engine '" + engine + "': run() within a task; parallel loops do not nest."
            : "Engine '"
                + engine
                + "': run() while another thread's loop runs; expected one caller at a time.");
  }

  private void end() {
    caller = null;
    state.set(State.IDLE);
  }

  private void runOnAll(int tasks, Body body) {
    int workers = Math.min(tasks, threads());
    for (int worker = 1; worker < workers; worker++) {
      helpers[worker - 1].post(
          body, firstTask(tasks, worker, workers), firstTask(tasks, worker + 1, workers));
    }
    runTasks(body, 0, workers == 0 ? 0 : firstTask(tasks, 1, workers), 0);
    for (int worker = 1; worker < workers; worker++) {
      await(helpers[worker - 1]);
    }
  }

  private static int firstTask(int tasks, int worker, int workers) {
    return (int) ((long) tasks * worker / workers);
  }

  /**
   * Runs a range of tasks on the current thread, up to the first failure of any worker. Never
   * throws.
   */
  void runTasks(Body body, int from, int to, int worker) {
    try {
      for (int task = from; task < to && failure.get() == null; task++) {
        body.run(task, worker);
      }
    } catch (Throwable thrown) {
      failure.compareAndSet(null, thrown);
    }
  }

  private void await(Helper helper) {
    if (Spin.until(helper, Helper::isDone)) {
      return;
    }
    boolean interrupted = false;
    parkedCaller = Thread.currentThread();
    while (!helper.isDone()) {
      LockSupport.park(this);
      // An interrupt is not ours to act on, but parking returns at once while it is pending.
      interrupted |= Thread.interrupted();
    }
    parkedCaller = null;
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Wakes the caller if it has parked. Called by a helper after it published that it is done. */
  void wakeCaller() {
    Thread parked = parkedCaller;
    if (parked != null) {
      LockSupport.unpark(parked);
    }
  }

  private static void rethrow(Throwable thrown) {
    switch (thrown) {
      case RuntimeException unchecked -> throw unchecked;
      case Error error -> throw error;
      default -> throw new UndeclaredThrowableException(thrown);
    }
  }

  private boolean isInsideTask() {
    Thread current = Thread.currentThread();
    if (current.equals(caller)) {
      return true;
    }
    for (Helper helper : helpers) {
      if (helper.runsOn(current)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Ends the threads and waits for them; a loop that runs is waited for too. Calling it twice does
   * no harm.
   *
   * @throws IllegalStateException if called from within a task
   */
  @Override
  public void close() {
    if (isInsideTask()) {
      throw new IllegalStateException(
          "Engine '" + engine + "': its threads cannot be closed from within a task.");
    }
    while (!state.compareAndSet(State.IDLE, State.CLOSED) && state.get() != State.CLOSED) {
      Thread.onSpinWait();
    }
    for (Helper helper : helpers) {
      helper.stop();
    }
    boolean interrupted = false;
    for (Helper helper : helpers) {
      interrupted |= helper.join();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
