package org.mla4j.models.tokenizer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.models.checkpoint.GgufMetadata;

/**
 * A tokenizer as GGUF files describe it, in the metadata keys {@code tokenizer.*}: without loss for
 * the families that are known, others are refused. Immutable.
 *
 * @param model the kind of vocabulary: {@code gpt2} is byte-level BPE, {@code llama} a
 *     SentencePiece vocabulary of the BPE kind
 * @param pre how a text is cut into words before that
 * @param tokens by id
 * @param merges two tokens with a blank between them, the most urgent first; empty for {@code
 *     llama}, where scores take their place
 * @param specialTokens ids of tokens by role, such as {@code bos_token}
 * @param addsBos whether texts begin with the token for that
 * @param addsEos whether texts end with the token for that
 * @param addsSpacePrefix whether a blank is put before a text; for {@code llama} only
 * @param chatTemplates sources of the chat templates by name; the first to ask for is {@code
 *     default}
 */
public record GgufVocabulary(
    String model,
    String pre,
    List<Token> tokens,
    List<String> merges,
    Map<String, Integer> specialTokens,
    boolean addsBos,
    boolean addsEos,
    boolean addsSpacePrefix,
    Map<String, String> chatTemplates) {

  static final String BYTE_LEVEL = "gpt2";
  static final String SENTENCE_PIECE = "llama";

  static final String MODEL = "tokenizer.ggml.model";
  static final String PRE = "tokenizer.ggml.pre";
  static final String TOKENS = "tokenizer.ggml.tokens";
  static final String TYPES = "tokenizer.ggml.token_type";
  static final String SCORES = "tokenizer.ggml.scores";
  static final String MERGES = "tokenizer.ggml.merges";
  static final String ADD_BOS = "tokenizer.ggml.add_bos_token";
  static final String ADD_EOS = "tokenizer.ggml.add_eos_token";
  static final String ADD_SPACE_PREFIX = "tokenizer.ggml.add_space_prefix";
  static final String CHAT_TEMPLATE = "tokenizer.chat_template";
  static final String CHAT_TEMPLATES = "tokenizer.chat_templates";

  /** The keys of special tokens by their fields in {@code tokenizer_config.json}. */
  static final Map<String, String> SPECIAL_TOKENS = specialTokenKeys();

  /**
   * A token.
   *
   * @param text the token; of byte-level vocabularies in their alphabet
   * @param type its kind
   * @param score how urgent it is to make it, higher first; 0 for {@code gpt2}
   */
  public record Token(String text, TokenType type, float score) {}

  /** Copies the collections. */
  public GgufVocabulary {
    tokens = List.copyOf(tokens);
    merges = List.copyOf(merges);
    specialTokens = Collections.unmodifiableMap(new LinkedHashMap<>(specialTokens));
    chatTemplates = Collections.unmodifiableMap(new TreeMap<>(chatTemplates));
  }

  /**
   * Reads the tokenizer out of a GGUF file.
   *
   * @param metadata that of the file
   * @return the tokenizer
   * @throws org.mla4j.api.error.ModelException if a key is missing or malformed, or a kind of
   *     vocabulary or a cut into words is not among those known
   */
  public static GgufVocabulary read(GgufMetadata metadata) {
    return new GgufVocabularyReader(metadata).read();
  }

  /**
   * Describes the tokenizer in a model's folder as a GGUF file does.
   *
   * @param folder holds {@code tokenizer.json} or {@code tiktoken.model}, and {@code
   *     tokenizer_config.json}
   * @param options how to open the tokenizer
   * @return the tokenizer
   * @throws org.mla4j.api.error.ModelException if there is no tokenizer, it is malformed, or GGUF
   *     has no words for a part of it; which part is said
   */
  public static GgufVocabulary of(Path folder, TokenizerOptions options) {
    return VocabularyExport.of(folder, options);
  }

  /**
   * Adds unused tokens up to the rows of a model's embedding, as GGUF files need.
   *
   * @param rows how many tokens there are then
   * @return a vocabulary of that size
   * @throws InvalidInputException if there are more already
   */
  public GgufVocabulary padded(int rows) {
    if (rows < tokens.size()) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "A vocabulary of "
              + tokens.size()
              + " tokens cannot be padded to "
              + rows
              + "; expected that many or more.");
    }
    List<Token> all = new ArrayList<>(tokens);
    while (all.size() < rows) {
      all.add(unused(all.size()));
    }
    return new GgufVocabulary(
        model, pre, all, merges, specialTokens, addsBos, addsEos, addsSpacePrefix, chatTemplates);
  }

  /**
   * Returns what a GGUF file says of this tokenizer.
   *
   * @return values by key, in an order that is always the same: {@code String}, {@code
   *     List<String>}, {@code int[]} (INT32), {@code float[]} (FLOAT32), {@code Integer} (UINT32)
   *     or {@code Boolean}
   */
  public Map<String, Object> metadata() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put(MODEL, model);
    values.put(PRE, pre);
    values.put(TOKENS, tokens.stream().map(Token::text).toList());
    values.put(TYPES, tokens.stream().mapToInt(token -> token.type().number()).toArray());
    if (model.equals(SENTENCE_PIECE)) {
      float[] scores = new float[tokens.size()];
      for (int id = 0; id < scores.length; id++) {
        scores[id] = tokens.get(id).score();
      }
      values.put(SCORES, scores);
      values.put(ADD_SPACE_PREFIX, addsSpacePrefix);
    } else {
      values.put(MERGES, merges);
    }
    SPECIAL_TOKENS.forEach((field, key) -> {
      Integer id = specialTokens.get(field);
      if (id != null) {
        values.put(key, id);
      }
    });
    values.put(ADD_BOS, addsBos);
    values.put(ADD_EOS, addsEos);
    List<String> names = new ArrayList<>();
    chatTemplates.forEach((name, source) -> {
      if (name.equals(TokenizerConfig.DEFAULT_TEMPLATE)) {
        values.put(CHAT_TEMPLATE, source);
      } else {
        names.add(name);
        values.put(CHAT_TEMPLATE + "." + name, source);
      }
    });
    if (!names.isEmpty()) {
      values.put(CHAT_TEMPLATES, names);
    }
    return values;
  }

  /** The same in the words of a {@code tokenizer_config.json}. */
  TokenizerConfig config(Path file) {
    Map<String, String> texts = new LinkedHashMap<>();
    specialTokens.forEach((field, id) -> texts.put(field, tokens.get(id).text()));
    return new TokenizerConfig(
        file,
        texts,
        List.of(),
        Optional.of(addsBos),
        Optional.of(addsEos),
        Map.of(),
        chatTemplates);
  }

  static Token unused(int id) {
    return new Token("[PAD" + id + "]", TokenType.UNUSED, 0);
  }

  /** One of them is misspelt in the format itself. */
  private static Map<String, String> specialTokenKeys() {
    Map<String, String> keys = new LinkedHashMap<>();
    keys.put("bos_token", "tokenizer.ggml.bos_token_id");
    keys.put("eos_token", "tokenizer.ggml.eos_token_id");
    keys.put("unk_token", "tokenizer.ggml.unknown_token_id");
    keys.put("sep_token", "tokenizer.ggml.seperator_token_id");
    keys.put("pad_token", "tokenizer.ggml.padding_token_id");
    keys.put("cls_token", "tokenizer.ggml.cls_token_id");
    keys.put("mask_token", "tokenizer.ggml.mask_token_id");
    return Collections.unmodifiableMap(keys);
  }
}
