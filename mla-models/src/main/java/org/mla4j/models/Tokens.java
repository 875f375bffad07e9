package org.mla4j.models;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Stands in until the first real type arrives. */
public final class Tokens {
  private Tokens() {}

  /**
   * Counts the tokens of a text.
   *
   * @param tokenizer path of a tokenizer.json
   * @param text what to encode
   * @return number of ids
   * @throws IOException when the file cannot be read
   */
  public static int count(Path tokenizer, String text) throws IOException {
    try (HuggingFaceTokenizer t =
        HuggingFaceTokenizer.newInstance(
            tokenizer, Map.of("truncation", "false", "padding", "false"))) {
      return t.encode(text).getIds().length;
    }
  }
}
