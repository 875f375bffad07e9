package org.mla4j.models.tokenizer;

import java.util.Arrays;
import java.util.Optional;

/** What kind of token it is, as GGUF files number them ({@code tokenizer.ggml.token_type}). */
public enum TokenType {
  /** A piece of text. */
  NORMAL(1),
  /** Stands for what the vocabulary cannot express. */
  UNKNOWN(2),
  /** Directs the model; decoding can leave it out. */
  CONTROL(3),
  /** Found in a text as a whole, and part of the decoded text. */
  USER_DEFINED(4),
  /** Stands for nothing: pads the vocabulary up to the rows of the embedding. */
  UNUSED(5),
  /** One byte, of text for which there is no piece. */
  BYTE(6);

  private final int number;

  TokenType(int number) {
    this.number = number;
  }

  /**
   * Returns the number in a GGUF file.
   *
   * @return from 1
   */
  public int number() {
    return number;
  }

  static Optional<TokenType> of(int number) {
    return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
  }
}
