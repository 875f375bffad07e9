package org.mla4j.models.tokenizer;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.mla4j.core.engine.TextDecoder;

/**
 * Between which texts a model thinks before it answers. They are tokens of models that do, so the
 * vocabulary says whether a model does.
 *
 * @param open begins the reasoning
 * @param close ends it
 */
public record ReasoningTags(String open, String close) {
  private static final List<ReasoningTags> KNOWN =
      List.of(
          new ReasoningTags("<think>", "</think>"),
          new ReasoningTags("\u25c1think\u25b7", "\u25c1/think\u25b7"));

  /**
   * Finds the tags of a model.
   *
   * @param tokenizer its tokenizer
   * @return the tags, or empty if the model does not think aloud
   */
  public static Optional<ReasoningTags> of(Tokenizer tokenizer) {
    return KNOWN.stream()
        .filter(
            tags -> tokenizer.idOf(tags.open).isPresent() && tokenizer.idOf(tags.close).isPresent())
        .findFirst();
  }

  /**
   * Tells whether an answer begins within the reasoning, since the prompt has opened it already.
   *
   * @param prompt the prompt as text
   * @return true if nothing but white space follows the tag
   */
  public boolean opensAtTheEndOf(String prompt) {
    return prompt.stripTrailing().endsWith(open);
  }

  /**
   * Starts to decode an answer. Special tokens are left out, but not the tags, even if they are
   * such tokens.
   *
   * @param tokenizer the model's tokenizer
   * @return a decoder for one text, to be used by one thread
   */
  public TextDecoder newDecoder(Tokenizer tokenizer) {
    boolean areLeftOut =
        Stream.of(open, close)
            .map(tag -> new int[] {tokenizer.idOf(tag).orElseThrow()})
            .anyMatch(ids -> tokenizer.decode(ids, true).isEmpty());
    return areLeftOut ? new TagDecoder(tokenizer) : tokenizer.newDecoder(true);
  }

  /** Begins anew at each tag, which is never part of a character of several tokens. */
  private final class TagDecoder implements TextDecoder {
    private final Tokenizer tokenizer;
    private final int openId;
    private final int closeId;
    private TextDecoder decoder;

    TagDecoder(Tokenizer tokenizer) {
      this.tokenizer = tokenizer;
      this.openId = tokenizer.idOf(open).orElseThrow();
      this.closeId = tokenizer.idOf(close).orElseThrow();
      this.decoder = tokenizer.newDecoder(true);
    }

    @Override
    public String append(int token) {
      if (token != openId && token != closeId) {
        return decoder.append(token);
      }
      String before = decoder.finish();
      decoder = tokenizer.newDecoder(true);
      return before + (token == openId ? open : close);
    }

    @Override
    public String finish() {
      return decoder.finish();
    }
  }
}
