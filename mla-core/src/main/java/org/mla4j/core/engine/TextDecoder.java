package org.mla4j.core.engine;

/**
 * Turns the tokens of one answer into text, piece by piece. Made for one answer; used by one
 * thread.
 */
public interface TextDecoder {
  /**
   * Takes the next token.
   *
   * @param token its id
   * @return the text that became certain; empty while a character is incomplete
   */
  String append(int token);

  /**
   * Ends the answer.
   *
   * @return what was still held back
   */
  String finish();
}
