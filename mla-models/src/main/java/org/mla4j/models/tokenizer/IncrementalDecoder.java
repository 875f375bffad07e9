package org.mla4j.models.tokenizer;

import java.util.Arrays;
import java.util.function.Function;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.core.engine.TextDecoder;

/**
 * Decodes ids one by one, so that the pieces joined are what decoding all ids at once gives.
 *
 * <p>It decodes a window of the latest ids again and again and hands out what is new. Three facts
 * keep that exact:
 *
 * <ul>
 *   <li>Bytes that are not yet a character decode to one replacement character at the end of the
 *       window. It may still change, so it is held back; nothing before it changes any more.
 *   <li>Byte tokens of the kind {@code <0x41>} are decoded run by run: one bad byte makes
 *       replacement characters of the whole run. So a run is held back until another token ends it.
 *   <li>Some decoders treat the start of a text differently, mostly by removing a blank. The window
 *       always reaches back over ids whose text is handed out, and has some text, so what is new is
 *       never at its start. An incomplete character has at most three bytes, so it never starts
 *       before the ids that are kept.
 * </ul>
 */
final class IncrementalDecoder implements TextDecoder {

  /** How many ids the window keeps; two windows of ids are collected before it is cut. */
  private static final int WINDOW = 8;

  private static final char REPLACEMENT = '\uFFFD';

  private final Function<int[], String> decoder;
  private final Vocabulary vocabulary;
  private final boolean skipSpecialTokens;
  private int[] window = new int[2 * WINDOW];
  private int size;

  /** How much of the window's text is handed out. */
  private int certain;

  private boolean isFinished;

  /**
   * @param decoder decodes several ids at once
   * @param vocabulary the tokens
   * @param skipSpecialTokens whether {@code decoder} leaves out special tokens
   */
  IncrementalDecoder(
      Function<int[], String> decoder, Vocabulary vocabulary, boolean skipSpecialTokens) {
    this.decoder = decoder;
    this.vocabulary = vocabulary;
    this.skipSpecialTokens = skipSpecialTokens;
  }

  @Override
  public String append(int token) {
    checkOpen("append");
    if (token < 0) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST, "Token id " + token + " is negative.");
    }
    // Neither reaches the decoder when all ids are decoded at once, so neither may fill the window.
    boolean isSkipped = skipSpecialTokens && vocabulary.isSpecial(token);
    if (isSkipped || vocabulary.tokenOf(token).isEmpty()) {
      return "";
    }
    add(token);
    if (vocabulary.isByte(token)) {
      return "";
    }
    String text = decode(0);
    int end = certainLength(text);
    String fresh = text.substring(Math.min(certain, end), end);
    certain = Math.max(certain, end);
    if (size >= 2 * WINDOW) {
      cut();
    }
    return fresh;
  }

  @Override
  public String finish() {
    checkOpen("finish");
    isFinished = true;
    String text = decode(0);
    return text.substring(Math.min(certain, text.length()));
  }

  private void add(int token) {
    if (size == window.length) {
      // Only a run of byte tokens gets here.
      window = Arrays.copyOf(window, 2 * size);
    }
    window[size++] = token;
  }

  private void cut() {
    String kept = decode(size - WINDOW);
    int keptCertain = certainLength(kept);
    if (keptCertain > 0) {
      window = Arrays.copyOfRange(window, size - WINDOW, size + WINDOW);
      size = WINDOW;
      certain = keptCertain;
    }
  }

  private String decode(int from) {
    return decoder.apply(Arrays.copyOfRange(window, from, size));
  }

  private static int certainLength(String text) {
    int length = text.length();
    return length > 0 && text.charAt(length - 1) == REPLACEMENT ? length - 1 : length;
  }

  private void checkOpen(String call) {
    if (isFinished) {
      throw new ClosedException(ErrorCode.CLOSED, call + "() on a decoder after finish().");
    }
  }
}
