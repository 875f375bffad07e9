package org.mla4j.models.tokenizer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A conversation as a model reads it. Immutable. */
public final class ChatPrompt {

  private final String text;
  private final int[] ids;

  ChatPrompt(String text, int[] ids) {
    this.text = text;
    this.ids = ids;
  }

  /**
   * Returns the prompt as text.
   *
   * @return what the template rendered
   */
  public String text() {
    return text;
  }

  /**
   * Returns the prompt as ids.
   *
   * @return a copy of the ids, complete with the tokens that begin and end messages
   */
  public int[] ids() {
    return ids.clone();
  }

  /**
   * Counts the ids.
   *
   * @return the length of the prompt in tokens
   */
  public int length() {
    return ids.length;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ChatPrompt prompt
        && text.equals(prompt.text)
        && Arrays.equals(ids, prompt.ids);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
