package org.mla4j.models.tokenizer;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.nio.file.Path;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongFunction;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.error.MlaException;
import org.mla4j.api.error.ModelException;

/**
 * A tokenizer in the native library.
 *
 * <p>The library trusts its callers: a null, or a handle that was given back, ends the JVM. So this
 * class checks every argument, and it holds a lock while native code runs, shared among calls and
 * exclusive for closing.
 */
final class NativeTokenizer implements AutoCloseable {

  private static final TokenizersLibrary LIBRARY = TokenizersLibrary.LIB;
  private static final long CLOSED = 0;

  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private final Path file;
  private long handle;

  private NativeTokenizer(long handle, Path file) {
    this.handle = handle;
    this.file = file;
  }

  /**
   * Creates a tokenizer.
   *
   * @param json the content of a {@code tokenizer.json}
   * @param file where it is from, for messages
   */
  static NativeTokenizer create(String json, Path file) {
    long handle;
    try {
      handle = LIBRARY.createTokenizerFromString(json);
    } catch (RuntimeException e) {
      throw new ModelException(
          ErrorCode.TOKENIZER, file + ": not a tokenizer: " + e.getMessage() + ".", e);
    }
    // The file may ask for both, as it did when the model was trained.
    LIBRARY.disableTruncation(handle);
    LIBRARY.disablePadding(handle);
    return new NativeTokenizer(handle, file);
  }

  /** {@return where the vocabulary is from} */
  Path file() {
    return file;
  }

  int[] encode(String text, boolean addSpecialTokens) {
    checkUnicode(text);
    return call("encode", tokenizer -> encode(tokenizer, text, addSpecialTokens));
  }

  String decode(int[] ids, boolean skipSpecialTokens) {
    long[] wide = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0) {
        throw new InvalidInputException(
            ErrorCode.INVALID_REQUEST, "Token id " + ids[i] + " at index " + i + " is negative.");
      }
      wide[i] = ids[i];
    }
    return call("decode", tokenizer -> LIBRARY.decode(tokenizer, wide, skipSpecialTokens));
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (handle != CLOSED) {
        LIBRARY.deleteTokenizer(handle);
        handle = CLOSED;
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  private static int[] encode(long tokenizer, String text, boolean addSpecialTokens) {
    long encoding = LIBRARY.encode(tokenizer, text, addSpecialTokens);
    try {
      long[] wide = LIBRARY.getTokenIds(encoding);
      int[] ids = new int[wide.length];
      for (int i = 0; i < wide.length; i++) {
        ids[i] = Math.toIntExact(wide[i]);
      }
      return ids;
    } finally {
      LIBRARY.deleteEncoding(encoding);
    }
  }

  /** Refuses a call that needs no native code, but is as wrong after {@link #close()} as others. */
  void requireOpen(String name) {
    lock.readLock().lock();
    try {
      if (handle == CLOSED) {
        throw new ClosedException(
            ErrorCode.CLOSED, name + "() on the closed tokenizer of '" + file + "'.");
      }
    } finally {
      lock.readLock().unlock();
    }
  }

  private <T> T call(String name, LongFunction<T> operation) {
    lock.readLock().lock();
    try {
      requireOpen(name);
      return operation.apply(handle);
    } catch (MlaException e) {
      throw e;
    } catch (RuntimeException e) {
      // A file can be well formed and still lack what a text needs, an unknown token for example.
      throw new ModelException(
          ErrorCode.TOKENIZER, file + ": " + name + "() failed: " + e.getMessage() + ".", e);
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Half a character has no UTF-8; the library would put three replacement characters in its place.
   */
  private static void checkUnicode(String text) {
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int point = text.codePointAt(i);
      if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
        throw new InvalidInputException(
            ErrorCode.INVALID_REQUEST,
            "The text has half a surrogate pair at index " + i + ", which is no character.");
      }
    }
  }
}
