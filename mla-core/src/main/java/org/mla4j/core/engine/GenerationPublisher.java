package org.mla4j.core.engine;

import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** What one generation yields for one subscriber: nothing is signalled that was not requested. */
final class GenerationPublisher<T> implements Flow.Publisher<T> {
  private final Iterator<? extends T> generation;
  private final Runnable cancel;
  private final Executor executor;
  private final AtomicBoolean subscribed = new AtomicBoolean();

  GenerationPublisher(Iterator<? extends T> generation, Runnable cancel, Executor executor) {
    this.generation = generation;
    this.cancel = cancel;
    this.executor = executor;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super T> subscriber) {
    Objects.requireNonNull(subscriber, "subscriber");
    if (!subscribed.compareAndSet(false, true)) {
      subscriber.onSubscribe(new Delivery<>(generation, cancel, subscriber, true));
      subscriber.onError(
          new IllegalStateException("A generation has one subscriber; this one came second."));
      return;
    }
    Delivery<T> delivery = new Delivery<>(generation, cancel, subscriber, false);
    subscriber.onSubscribe(delivery);
    try {
      executor.execute(delivery);
    } catch (RejectedExecutionException e) {
      cancel.run();
      subscriber.onError(e);
    }
  }

  /** The subscription and the task that serves it. */
  private static final class Delivery<T> implements Flow.Subscription, Runnable {
    private final Iterator<? extends T> generation;
    private final Runnable cancelGeneration;
    private final Flow.Subscriber<? super T> subscriber;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long demand;
    private boolean cancelled;
    private @Nullable IllegalArgumentException badRequest;

    Delivery(
        Iterator<? extends T> generation,
        Runnable cancelGeneration,
        Flow.Subscriber<? super T> subscriber,
        boolean rejected) {
      this.generation = generation;
      this.cancelGeneration = cancelGeneration;
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
      cancelGeneration.run();
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
        cancelGeneration.run(); // the executor shuts down: nobody is left to signal to
        Thread.currentThread().interrupt();
      } catch (Throwable e) {
        cancelGeneration.run();
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
