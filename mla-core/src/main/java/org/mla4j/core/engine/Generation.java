package org.mla4j.core.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.BackendException;

/**
 * A running generation: the handle comes first, the tokens second. Tokens are pulled with {@link
 * #hasNext} and {@link #next}; callback, publisher and future are adapters over that.
 *
 * <p>Threading: one consumer at a time; {@link #cancel}, {@link #close} and the queries may be
 * called from any thread. The engine computes ahead of a slow consumer, up to the wanted number of
 * tokens. An interrupt of a waiting consumer cancels the generation and stays set.
 */
public final class Generation implements Iterator<Piece>, AutoCloseable {
  private final long submitted = System.nanoTime();
  private final int promptTokens;
  private final int[] produced;
  private final @Nullable TextDecoder decoder;
  private final StopStrings stops;
  private final StringBuilder text = new StringBuilder();
  private final List<Integer> consumed = new ArrayList<>();
  private final Runnable tellEngine;

  // Written by the engine's thread; 'available' and 'finished' publish the rest.
  private long started;
  private long firstToken;
  private long ended;
  private @Nullable BackendException failure;
  private volatile int available;
  private volatile @Nullable FinishReason finished;

  private volatile boolean cancelled;
  private volatile @Nullable Thread waiter;

  // Owned by the consumer.
  private @Nullable FinishReason reason;
  private @Nullable Piece last;

  Generation(GenerationRequest request, int longestAnswer, Runnable tellEngine) {
    this.promptTokens = request.promptLength();
    this.produced = new int[longestAnswer];
    Supplier<TextDecoder> factory = request.decoder();
    this.decoder = factory == null ? null : factory.get();
    this.stops = new StopStrings(request.stopStrings());
    this.tellEngine = tellEngine;
  }

  /**
   * Waits for the next piece.
   *
   * @return false at the end of the answer
   * @throws BackendException if a backend failed, after all tokens computed before were taken
   */
  @Override
  public boolean hasNext() {
    if (last != null) {
      return true;
    }
    if (reason != null) {
      return false;
    }
    awaitMore();
    if (cancelled) {
      return end(FinishReason.CANCELLED, "");
    }
    if (consumed.size() < available) {
      last = take(produced[consumed.size()]);
      return true;
    }
    FinishReason why = finished;
    if (why == null) {
      throw new IllegalStateException("woken without a token and without an end");
    }
    if (why == FinishReason.FAILED) {
      reason = why;
      throw failed();
    }
    return end(why, decoder == null ? "" : decoder.finish());
  }

  /**
   * Returns the next piece.
   *
   * @return a token with its text; at the very end possibly text only
   * @throws NoSuchElementException if there is none
   * @throws BackendException if a backend failed
   */
  @Override
  public Piece next() {
    if (!hasNext() || last == null) {
      throw new NoSuchElementException("the generation ended: " + reason);
    }
    Piece piece = last;
    last = null;
    return piece;
  }

  /**
   * Ends the generation now: the consumer sees its end at once, the engine drops it after the step
   * in flight. Harmless when it has ended already.
   */
  public void cancel() {
    cancelled = true;
    wake();
    tellEngine.run();
  }

  /** Cancels the generation if it still runs. Calling it twice does no harm. */
  @Override
  public void close() {
    if (finished == null) {
      cancel();
    }
  }

  /**
   * Tells whether the engine is done with it.
   *
   * @return true when its cache blocks are free again; pieces may still wait to be taken
   */
  public boolean isDone() {
    return finished != null;
  }

  /**
   * Takes what is left and returns the whole.
   *
   * @return the result; of a cancelled generation, what was taken before
   * @throws BackendException if a backend failed
   */
  public GenerationResult result() {
    while (hasNext()) {
      next();
    }
    FinishReason why = reason;
    if (why == null || why == FinishReason.FAILED) {
      throw failed();
    }
    long end = finished == null ? System.nanoTime() : ended;
    return new GenerationResult(
        text.toString(),
        consumed,
        why,
        promptTokens,
        Duration.ofNanos((available > 0 || finished != null ? started : end) - submitted),
        Duration.ofNanos((available > 0 ? firstToken : end) - submitted),
        Duration.ofNanos(end - submitted));
  }

  /**
   * Takes all pieces on a thread of the caller's executor.
   *
   * @param executor runs one task, which waits for tokens
   * @param consumer called for each piece
   * @return the result; cancelling it cancels the generation
   */
  public CompletableFuture<GenerationResult> forEach(
      Executor executor, Consumer<? super Piece> consumer) {
    return GenerationAdapters.forEach(this, this::result, this::cancel, executor, consumer);
  }

  /**
   * Returns the pieces as a publisher for one subscriber.
   *
   * @param executor runs one task, which waits for demand and for tokens
   * @return a publisher; cancelling the subscription cancels the generation
   */
  public Flow.Publisher<Piece> publisher(Executor executor) {
    return GenerationAdapters.publisher(this, this::cancel, executor);
  }

  // ---- the engine's side
  // -----------------------------------------------------------------------------------------------

  boolean isCancelled() {
    return cancelled;
  }

  void start() {
    if (started == 0) {
      started = System.nanoTime();
    }
  }

  void produce(int token) {
    int count = available;
    if (count == 0) {
      firstToken = System.nanoTime();
    }
    produced[count] = token;
    available = count + 1;
    wake();
  }

  void finish(FinishReason why, @Nullable BackendException cause) {
    if (finished == null) {
      start();
      ended = System.nanoTime();
      failure = cause;
      finished = why;
      wake();
    }
  }

  // ---- the consumer's side
  // ---------------------------------------------------------------------------------------------

  private Piece take(int token) {
    consumed.add(token);
    String certain = decoder == null ? "" : stops.append(decoder.append(token));
    text.append(certain);
    if (stops.found()) {
      reason = FinishReason.STOP_STRING;
      cancel(); // the engine need not go on
    }
    return new Piece(token, certain);
  }

  private boolean end(FinishReason why, String rest) {
    // After a cancel the end is seen at once: text held back for a stop string is let go.
    String certain = why == FinishReason.CANCELLED ? "" : stops.append(rest) + stops.finish();
    reason = stops.found() ? FinishReason.STOP_STRING : why;
    if (certain.isEmpty()) {
      return false;
    }
    text.append(certain);
    last = new Piece(Piece.NO_TOKEN, certain);
    return true;
  }

  private void awaitMore() {
    if (consumed.size() < available || finished != null || cancelled) {
      return;
    }
    waiter = Thread.currentThread();
    try {
      while (consumed.size() >= available && finished == null && !cancelled) {
        LockSupport.park(this);
        if (Thread.currentThread().isInterrupted()) {
          cancel();
        }
      }
    } finally {
      waiter = null;
    }
  }

  private void wake() {
    Thread waiting = waiter;
    if (waiting != null) {
      LockSupport.unpark(waiting);
    }
  }

  /**
   * A new exception for whoever asks: what the engine's thread threw may belong to several
   * generations.
   */
  private BackendException failed() {
    BackendException cause = failure;
    if (cause == null) {
      throw new IllegalStateException("failed without a cause");
    }
    return cause.forCaller();
  }
}
