package org.mla4j.core.engine;

import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Callback, future and publisher over what is pulled: for a {@link Generation}, and for whoever
 * makes something else of its pieces.
 */
public final class GenerationAdapters {
  private GenerationAdapters() {}

  /**
   * Takes everything on a thread of the caller's executor.
   *
   * @param <T> what is pulled
   * @param <R> the result
   * @param generation what is pulled from, by that thread alone
   * @param result asked at the end
   * @param cancel ends the generation, from any thread
   * @param executor runs one task, which waits for tokens
   * @param consumer called for each
   * @return the result; cancelling it cancels the generation
   */
  public static <T, R> CompletableFuture<R> forEach(
      Iterator<? extends T> generation,
      Supplier<? extends R> result,
      Runnable cancel,
      Executor executor,
      Consumer<? super T> consumer) {
    CompletableFuture<R> future = new CompletableFuture<>();
    CompletableFuture<R> _ =
        future.whenComplete((value, failure) -> {
          if (failure != null) {
            cancel.run();
          }
        });
    Runnable task =
        () -> {
          try {
            generation.forEachRemaining(consumer);
            future.complete(result.get());
          } catch (Throwable e) {
            future.completeExceptionally(e);
          }
        };
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      future.completeExceptionally(e);
    }
    return future;
  }

  /**
   * Publishes everything for one subscriber.
   *
   * @param <T> what is pulled
   * @param generation what is pulled from, by a thread of the executor alone
   * @param cancel ends the generation, from any thread
   * @param executor runs one task, which waits for demand and for tokens
   * @return a publisher; cancelling the subscription cancels the generation
   */
  public static <T> Flow.Publisher<T> publisher(
      Iterator<? extends T> generation, Runnable cancel, Executor executor) {
    return new GenerationPublisher<>(generation, cancel, executor);
  }
}
