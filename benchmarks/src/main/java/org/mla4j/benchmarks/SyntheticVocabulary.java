package org.mla4j.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.mla4j.models.checkpoint.GgufWriter;

/** A byte-level vocabulary that encodes any text: bytes, pairs of letters, and dummies. */
final class SyntheticVocabulary {
  private static final int NORMAL = 1;
  private static final int CONTROL = 3;

  private SyntheticVocabulary() {}

  /** Adds the metadata of a tokenizer with so many tokens; the last two begin and end texts. */
  static void describe(GgufWriter writer, int size) {
    List<String> merges = new ArrayList<>();
    Set<String> tokens = new LinkedHashSet<>();
    for (int value = 0; value < 256; value++) {
      tokens.add(letter(value));
    }
    for (char first = 'a'; first <= 'z'; first++) {
      for (char second = 'a'; second <= 'z'; second++) {
        tokens.add("" + first + second);
        merges.add(first + " " + second);
      }
    }
    for (int i = tokens.size(); i < size; i++) {
      tokens.add("<|dummy_" + i + "|>");
    }
    int[] types = new int[size];
    for (int i = 0; i < size; i++) {
      types[i] = i < size - 2 ? NORMAL : CONTROL;
    }
    writer
        .metadata("tokenizer.ggml.model", "gpt2")
        .metadata("tokenizer.ggml.pre", "deepseek-llm")
        .metadata("tokenizer.ggml.tokens", List.copyOf(tokens))
        .metadata("tokenizer.ggml.token_type", types)
        .metadata("tokenizer.ggml.merges", merges)
        .metadata("tokenizer.ggml.bos_token_id", size - 2)
        .metadata("tokenizer.ggml.eos_token_id", size - 1)
        .metadata("tokenizer.ggml.add_bos_token", true);
  }

  /** How byte-level vocabularies write a byte: itself, if it is printable, or from 256 on. */
  private static String letter(int value) {
    int shift = 0;
    for (int other = 0; other < value; other++) {
      shift += isPrintable(other) ? 0 : 1;
    }
    return Character.toString(isPrintable(value) ? value : 256 + shift);
  }

  private static boolean isPrintable(int value) {
    return (value >= 33 && value <= 126) || (value >= 161 && value <= 172) || value >= 174;
  }
}
