package org.mla4j.core.engine;

import java.util.ArrayList;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.op.Sample;
import org.mla4j.core.runner.StepRunner;

/**
 * The engine's thread: admits requests, makes each step of those that run, hands out the tokens. In
 * steady state it allocates nothing.
 *
 * <p>A request is admitted when a place and the blocks of its whole length are free, in the order
 * of arrival, so a running request never runs out. What a step computes is the {@link
 * StepScheduler}'s decision. A cancelled request leaves after the step in flight; a step that
 * nobody wants any more ends at the next layer.
 */
@SuppressWarnings(
    "NonAtomicVolatileUpdate") // counters have one writer: the engine's thread, or whoever holds
// 'arrivals'
final class EngineLoop implements AutoCloseable {
  private final StepRunner runner;
  private final StepScheduler scheduler;
  private final BooleanSupplier wanted = this::isWanted;
  private final Thread thread;
  private final BlockAllocator allocator;
  private final ConcurrentLinkedQueue<Sequence> arrivals = new ConcurrentLinkedQueue<>();
  private final Chores chores = new Chores();
  private final CountDownLatch ended = new CountDownLatch(1);

  /** The running sequences, oldest first. */
  private final ArrayList<Sequence> running;

  /** How many sequences may run at once. */
  private final int places;

  private volatile int runningCount;
  private volatile int waitingCount;
  private volatile int cancellations;
  private volatile boolean closed;
  private volatile long steps;
  private volatile long prefillTokens;
  private volatile long decodeTokens;

  /** Why the engine ended by itself; null if it was closed, or is not. */
  private volatile @Nullable Throwable fatal;

  /** What went wrong when everything was closed; null for nothing. */
  private volatile @Nullable BackendException closeFailure;

  /** The next request to admit, kept here while it does not fit. */
  private @Nullable Sequence next;

  /** How many cancellations the queue was searched for. */
  private int seenCancellations;

  EngineLoop(String name, StepRunner runner, StepScheduler scheduler) {
    this.runner = runner;
    this.scheduler = scheduler;
    this.allocator = new BlockAllocator(runner.limits().blocks());
    this.places = runner.limits().maxSequences();
    this.running = new ArrayList<>(places);
    this.thread = Thread.ofPlatform().daemon().name("mla-" + name + "-engine").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Looks for cancelled requests in the next round. */
  void cancelled() {
    synchronized (arrivals) {
      cancellations++;
    }
    LockSupport.unpark(thread);
  }

  void submit(Sequence sequence) {
    synchronized (arrivals) {
      // Under the lock of close: what is added is either run or cancelled, never forgotten.
      requireOpen("generate()");
      arrivals.add(sequence);
      waitingCount++;
    }
    LockSupport.unpark(thread);
  }

  private void requireOpen(String call) {
    if (closed) {
      Throwable cause = fatal;
      throw new ClosedException(
          ErrorCode.CLOSED,
          call
              + " on a closed engine"
              + (cause == null ? "." : ", which ended by itself: " + cause + "."),
          cause);
    }
  }

  /** Changes weights between two steps, and waits until that is done. */
  void reloadWeights(Runnable change) {
    Chores.Chore chore;
    synchronized (arrivals) {
      requireOpen("reloadWeights()");
      chore = chores.add(() -> reload(change));
    }
    LockSupport.unpark(thread);
    chore.await();
  }

  private void reload(Runnable change) {
    runner.requireReloadable();
    change.run();
    try {
      runner.reloadWeights();
    } catch (BackendException e) {
      fatal = e; // nobody is to be answered from a mixture of weights
      closed = true;
      throw e;
    }
  }

  EngineStatistics statistics() {
    return new EngineStatistics(
        waitingCount,
        runningCount,
        allocator.available(),
        allocator.total(),
        steps,
        runner.replayedSteps(),
        prefillTokens,
        decodeTokens);
  }

  @Override
  public void close() {
    synchronized (arrivals) {
      closed = true;
    }
    LockSupport.unpark(thread);
    boolean interrupted = false;
    while (true) {
      try {
        ended.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true; // freeing memory under a running kernel is not an option: wait
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    BackendException failure = closeFailure;
    if (failure != null) {
      closeFailure = null; // told once: closing twice does no harm
      throw failure;
    }
  }

  private void run() {
    try {
      while (!closed) {
        chores.runAll();
        dropCancelled();
        admit();
        if (runningCount == 0) {
          if (next == null && arrivals.isEmpty() && chores.isEmpty() && !closed) {
            LockSupport.park(this);
            // A kernel that leaves an interrupt behind must not make this loop spin.
            boolean _ = Thread.interrupted();
          }
          continue;
        }
        step();
      }
    } catch (Throwable e) {
      fatal = e;
    } finally {
      closed = true;
      endAll();
      try {
        runner.close();
      } catch (Throwable e) {
        closeFailure =
            new BackendException(
                ErrorCode.CLOSE_FAILED, "The engine closed with a failure: " + e, e);
      } finally {
        ended.countDown();
      }
    }
  }

  private void admit() {
    // A request that was cancelled while it waits needs no place to end. The queue is searched only
    // when somebody cancelled.
    if (cancellations != seenCancellations) {
      seenCancellations = cancellations;
      arrivals.removeIf(this::endIfCancelled);
    }
    while (true) {
      if (next == null) {
        next = arrivals.poll();
      }
      Sequence candidate = next;
      if (candidate == null) {
        return;
      }
      if (endIfCancelled(candidate)) {
        next = null;
      } else if (running.size() < places && candidate.blockCount <= allocator.available()) {
        next = null;
        leaveQueue();
        allocator.take(candidate.blocks, candidate.blockCount);
        running.add(candidate);
        runningCount = running.size();
      } else {
        return;
      }
    }
  }

  private boolean endIfCancelled(Sequence waiting) {
    if (!waiting.generation.isCancelled()) {
      return false;
    }
    leaveQueue();
    waiting.generation.finish(FinishReason.CANCELLED, null);
    return true;
  }

  private void leaveQueue() {
    synchronized (arrivals) {
      waitingCount--;
    }
  }

  private void dropCancelled() {
    for (int i = runningCount - 1; i >= 0; i--) {
      if (running.get(i).generation.isCancelled()) {
        retire(i, FinishReason.CANCELLED, null);
      }
    }
  }

  private void step() {
    try {
      scheduler.schedule(runner.step(), running);
      if (!runner.runWhile(wanted)) {
        return; // nobody wants it any more; the sequences are dropped in the next round
      }
    } catch (BackendException e) {
      failScheduled(e);
      return;
    }
    collect();
  }

  /** A step goes on as long as one of its sequences is wanted and the engine is open. */
  private boolean isWanted() {
    if (closed) {
      return false;
    }
    for (int i = 0; i < runningCount; i++) {
      Sequence sequence = running.get(i);
      if (sequence.scheduled > 0 && !sequence.generation.isCancelled()) {
        return true;
      }
    }
    return false;
  }

  private void collect() {
    count();
    for (int i = runningCount - 1; i >= 0; i--) {
      Sequence sequence = running.get(i);
      sequence.computed += sequence.scheduled;
      if (sequence.scheduled > 0 && sequence.logitRow != Sequence.NO_ROW) {
        extend(i, sequence, runner.sampled(sequence.logitRow));
      }
    }
  }

  /** Counts the step before anyone is woken by its tokens. */
  private void count() {
    long prefilled = 0;
    long decoded = 0;
    for (int i = 0; i < runningCount; i++) {
      Sequence sequence = running.get(i);
      int prompt =
          Math.max(0, Math.min(sequence.scheduled, sequence.promptLength - sequence.computed));
      prefilled += prompt;
      decoded += sequence.scheduled - prompt;
    }
    steps = steps + 1;
    prefillTokens = prefillTokens + prefilled;
    decodeTokens = decodeTokens + decoded;
  }

  private void extend(int index, Sequence sequence, int token) {
    if (token == Sample.UNUSABLE) {
      retire(index, FinishReason.FAILED, unusable(sequence));
      return;
    }
    if (sequence.isStop(token)) {
      retire(index, FinishReason.STOP, null);
      return;
    }
    sequence.tokens[sequence.length++] = token;
    sequence.generation.produce(token);
    if (sequence.length == sequence.lastLength) {
      retire(index, FinishReason.LENGTH, null);
    }
  }

  private BackendException unusable(Sequence sequence) {
    float[] logits = runner.logits(sequence.logitRow);
    int nan = 0;
    for (float logit : logits) {
      nan += Float.isNaN(logit) ? 1 : 0;
    }
    return new BackendException(
        ErrorCode.UNUSABLE_LOGITS,
        "No token to draw after token "
            + sequence.length
            + " of a request with a prompt of "
            + sequence.promptLength
            + " tokens: of "
            + logits.length
            + " logits "
            + (nan > 0 ? nan + " are NaN" : "all are minus infinity")
            + "; expected numbers.");
  }

  /** Ends a sequence and gives its blocks back before anyone can see that it ended. */
  private void retire(int index, FinishReason why, @Nullable BackendException cause) {
    Sequence sequence = running.remove(index);
    runningCount = running.size();
    allocator.give(sequence.blocks, sequence.blockCount);
    sequence.generation.finish(why, cause);
  }

  /** A failed step fails the requests that were in it; the others and the engine go on. */
  private void failScheduled(BackendException cause) {
    for (int i = runningCount - 1; i >= 0; i--) {
      if (running.get(i).scheduled > 0) {
        retire(i, FinishReason.FAILED, cause);
      }
    }
  }

  private void endAll() {
    Throwable broken = fatal;
    FinishReason why = broken == null ? FinishReason.CANCELLED : FinishReason.FAILED;
    BackendException cause =
        broken == null
            ? null
            : new BackendException(
                ErrorCode.FORWARD_FAILED, "The engine ended by itself: " + broken, broken);
    for (int i = runningCount - 1; i >= 0; i--) {
      retire(i, why, cause);
    }
    synchronized (arrivals) {
      chores.cancelAll();
      if (next != null) {
        next.generation.finish(why, cause);
        next = null;
      }
      for (Sequence left = arrivals.poll(); left != null; left = arrivals.poll()) {
        left.generation.finish(why, cause);
      }
      waitingCount = 0;
    }
  }
}
