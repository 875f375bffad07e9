package org.mla4j.models.tokenizer;

import java.util.Optional;

/** What kind of token it is, as GGUF files number them ({@code tokenizer.ggml.token_type}). */
public enum TokenType {
  /** A piece of text. */
  NORMAL,
  /** Stands for what the vocabulary cannot express. */
  UNKNOWN,
  /** Directs the model; decoding can leave it out. */
  CONTROL,
  /** Found in a text as a whole, and part of the decoded text. */
  USER_DEFINED,
  /** Stands for nothing: pads the vocabulary up to the rows of the embedding. */
  UNUSED,
  /** One byte, of text for which there is no piece. */
  BYTE;

  /**
   * Returns the number in a GGUF file.
   *
   * @return from 1
   */
  public int number() {
    return ordinal() + 1;
  }

  static Optional<TokenType> of(int number) {
    TokenType[] all = values();
    return number >= 1 && number <= all.length ? Optional.of(all[number - 1]) : Optional.empty();
  }
}
