package org.mla4j.models;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.mla4j.core.engine.FinishReason;
import org.mla4j.core.engine.Generation;
import org.mla4j.core.engine.GenerationAdapters;
import org.mla4j.core.engine.Piece;

/**
 * A running answer to a conversation: a {@link Generation} whose reasoning is kept apart from what
 * is said to the user. Pieces are pulled with {@link #hasNext} and {@link #next}; callback,
 * publisher and future are adapters over that.
 *
 * <p>Threading: as a {@code Generation}: one consumer at a time; {@link #cancel}, {@link #close}
 * and {@link #isDone} may be called from any thread.
 */
public final class ChatGeneration implements Iterator<ChatPiece>, AutoCloseable {
  private final Generation generation;
  private final @Nullable ReasoningSplitter splitter;
  private final StringBuilder reasoning = new StringBuilder();
  private final StringBuilder text = new StringBuilder();
  private @Nullable ChatPiece last;
  private boolean ended;

  /**
   * @param splitter null if the model does not think aloud
   */
  ChatGeneration(Generation generation, @Nullable ReasoningSplitter splitter) {
    this.generation = generation;
    this.splitter = splitter;
  }

  /**
   * Waits for the next piece.
   *
   * @return false at the end of the answer
   * @throws org.mla4j.api.error.BackendException if a backend failed, after all tokens computed
   *     before were taken
   */
  @Override
  public boolean hasNext() {
    if (last != null) {
      return true;
    }
    if (ended) {
      return false;
    }
    if (generation.hasNext()) {
      Piece piece = generation.next();
      last = take(piece);
      return true;
    }
    ended = true;
    return splitter != null && end(splitter.finish());
  }

  /**
   * Returns the next piece.
   *
   * @return a token with its text; at the very end possibly text only
   * @throws NoSuchElementException if there is none
   * @throws org.mla4j.api.error.BackendException if a backend failed
   */
  @Override
  public ChatPiece next() {
    if (!hasNext() || last == null) {
      throw new NoSuchElementException("the answer ended");
    }
    ChatPiece piece = last;
    last = null;
    return piece;
  }

  /** Ends the generation now, as {@link Generation#cancel} does. */
  public void cancel() {
    generation.cancel();
  }

  /** Cancels the generation if it still runs. Calling it twice does no harm. */
  @Override
  public void close() {
    generation.close();
  }

  /**
   * Tells whether the engine is done with it.
   *
   * @return true when its cache blocks are free again; pieces may still wait to be taken
   */
  public boolean isDone() {
    return generation.isDone();
  }

  /**
   * Takes what is left and returns the whole.
   *
   * @return the answer; of a cancelled generation, what was taken before
   * @throws org.mla4j.api.error.BackendException if a backend failed
   */
  public ChatAnswer result() {
    while (hasNext()) {
      next();
    }
    return new ChatAnswer(reasoning.toString(), text.toString(), generation.result());
  }

  /**
   * Takes all pieces on a thread of the caller's executor.
   *
   * @param executor runs one task, which waits for tokens
   * @param consumer called for each piece
   * @return the answer; cancelling it cancels the generation
   */
  public CompletableFuture<ChatAnswer> forEach(
      Executor executor, Consumer<? super ChatPiece> consumer) {
    return GenerationAdapters.forEach(this, this::result, this::cancel, executor, consumer);
  }

  /**
   * Returns the pieces as a publisher for one subscriber.
   *
   * @param executor runs one task, which waits for demand and for tokens
   * @return a publisher; cancelling the subscription cancels the generation
   */
  public Flow.Publisher<ChatPiece> publisher(Executor executor) {
    return GenerationAdapters.publisher(this, this::cancel, executor);
  }

  private ChatPiece take(Piece piece) {
    return take(
        piece.token(),
        splitter == null
            ? new ReasoningSplitter.Parts("", piece.text())
            : splitter.append(piece.text()));
  }

  private ChatPiece take(int token, ReasoningSplitter.Parts parts) {
    reasoning.append(parts.reasoning());
    text.append(parts.answer());
    return new ChatPiece(token, parts.reasoning(), parts.answer());
  }

  /** After a cancel the end is seen at once: text held back for a tag is let go. */
  private boolean end(ReasoningSplitter.Parts rest) {
    boolean isEmpty = rest.reasoning().isEmpty() && rest.answer().isEmpty();
    if (isEmpty || generation.result().finishReason() == FinishReason.CANCELLED) {
      return false;
    }
    last = take(Piece.NO_TOKEN, rest);
    return true;
  }
}
