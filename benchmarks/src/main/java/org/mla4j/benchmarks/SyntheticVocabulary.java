package org.mla4j.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.mla4j.models.checkpoint.GgufWriter;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A byte-level vocabulary that encodes any text: bytes, pairs of letters, and dummies. */
final class SyntheticVocabulary {
  private static final int NORMAL = 1;
  private static final int CONTROL = 3;

  private SyntheticVocabulary() {}

  /**
   * Adds the metadata of a tokenizer with so many tokens; the last two begin and end texts.
   *
   * @param pre name of the pre-tokenizer, in the words of llama.cpp
   */
  static void describe(GgufWriter writer, String pre, int size) {
    int[] types = new int[size];
    for (int i = 0; i < size; i++) {
      types[i] = i < size - 2 ? NORMAL : CONTROL;
    }
    writer
        .metadata("tokenizer.ggml.model", "gpt2")
        .metadata("tokenizer.ggml.pre", pre)
        .metadata("tokenizer.ggml.tokens", List.copyOf(tokens(size)))
        .metadata("tokenizer.ggml.token_type", types)
        .metadata("tokenizer.ggml.merges", merges())
        .metadata("tokenizer.ggml.bos_token_id", size - 2)
        .metadata("tokenizer.ggml.eos_token_id", size - 1)
        .metadata("tokenizer.ggml.add_bos_token", true);
  }

  /** The same as the {@code tokenizer.json} of a folder. */
  static String json(int size) {
    ObjectNode tokenizer = JsonMapper.shared().createObjectNode();
    tokenizer.put("version", "1.0");
    ArrayNode added = tokenizer.putArray("added_tokens");
    tokenizer.putObject("pre_tokenizer").put("type", "ByteLevel").put("add_prefix_space", false);
    tokenizer.putObject("decoder").put("type", "ByteLevel");
    ObjectNode model = tokenizer.putObject("model");
    model.put("type", "BPE");
    ObjectNode vocabulary = model.putObject("vocab");
    int id = 0;
    for (String token : tokens(size)) {
      if (id >= size - 2) {
        added.addObject().put("id", id).put("content", token).put("special", true);
      }
      vocabulary.put(token, id++);
    }
    ArrayNode merges = model.putArray("merges");
    merges().forEach(merges::add);
    return tokenizer.toString();
  }

  private static Set<String> tokens(int size) {
    Set<String> tokens = new LinkedHashSet<>();
    for (int value = 0; value < 256; value++) {
      tokens.add(letter(value));
    }
    for (String merge : merges()) {
      tokens.add(merge.replace(" ", ""));
    }
    for (int i = tokens.size(); i < size; i++) {
      tokens.add("<|dummy_" + i + "|>");
    }
    return tokens;
  }

  private static List<String> merges() {
    List<String> merges = new ArrayList<>();
    for (char first = 'a'; first <= 'z'; first++) {
      for (char second = 'a'; second <= 'z'; second++) {
        merges.add(first + " " + second);
      }
    }
    return merges;
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
