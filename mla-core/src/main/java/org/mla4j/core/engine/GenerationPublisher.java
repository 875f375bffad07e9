package org.mla4j.core.engine;

import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The pieces of one generation for one subscriber: nothing is signalled that was not requested. */
final class GenerationPublisher implements Flow.Publisher<Piece> {
  private final Generation generation;
  private final Executor executor;
  private final AtomicBoolean subscribed = new AtomicBoolean();

  GenerationPublisher(Generation generation, Executor executor) {
    this.generation = generation;
    this.executor = executor;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super Piece> subscriber) {
    Objects.requireNonNull(subscriber, "subscriber");
    if (!subscribed.compareAndSet(false, true)) {
      subscriber.onSubscribe(new Delivery(generation, subscriber, true));
      subscriber.onError(
          new IllegalStateException("A generation has one subscriber; this one came second."));
      return;
    }
    Delivery delivery = new Delivery(generation, subscriber, false);
    subscriber.onSubscribe(delivery);
    try {
      executor.execute(delivery);
    } catch (RejectedExecutionException e) {
      generation.cancel();
      subscriber.onError(e);
    }
  }

  /** The subscription and the task that serves it. */
  private static final class Delivery implements Flow.Subscription, Runnable {
    private final Generation generation;
    private final Flow.Subscriber<? super Piece> subscriber;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long demand;
    private boolean cancelled;
    private @Nullable IllegalArgumentException badRequest;

    Delivery(Generation generation, Flow.Subscriber<? super Piece> subscriber, boolean rejected) {
      this.generation = generation;
      this.subscriber = subscriber;
      this.cancelled = rejected;
    }

    @Override
    public void request(long n) {
      lock.lock();
      try {
        if (n <= 0) {
          badRequest =
              new IllegalArgumentException(
                  "request(" + n + "); expected a positive number (rule 3.9)");
        } else {
          demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
        }
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void cancel() {
      lock.lock();
      try {
        if (cancelled) {
          return;
        }
        cancelled = true;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
      generation.cancel();
    }

    @Override
    public void run() {
      try {
        // The end is signalled without demand, so it is looked for first.
        while (!isCancelled() && generation.hasNext()) {
          if (!awaitDemand()) {
            return;
          }
          subscriber.onNext(generation.next());
        }
        if (!isCancelled()) {
          subscriber.onComplete();
        }
      } catch (InterruptedException e) {
        generation.cancel(); // the executor shuts down: nobody is left to signal to
        Thread.currentThread().interrupt();
      } catch (Throwable e) {
        generation.cancel();
        if (!isCancelled()) {
          subscriber.onError(e);
        }
      }
    }

    /** Waits for demand and takes one unit of it; false if there is nothing left to do. */
    private boolean awaitDemand() throws InterruptedException {
      lock.lock();
      try {
        while (demand == 0 && !cancelled && badRequest == null) {
          changed.await();
        }
        if (cancelled) {
          return false;
        }
        if (badRequest != null) {
          throw badRequest;
        }
        demand--;
        return true;
      } finally {
        lock.unlock();
      }
    }

    private boolean isCancelled() {
      lock.lock();
      try {
        return cancelled;
      } finally {
        lock.unlock();
      }
    }
  }
}
