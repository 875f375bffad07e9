package org.mla4j.models.tokenizer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.models.tokenizer.GgufVocabulary.Token;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Describes a {@code tokenizer.json} as a GGUF file does, and refuses what that cannot express: a
 * reader of the file would make other ids of the same text.
 */
final class VocabularyExport {
  private static final List<String> FLAGS = List.of("single_word", "lstrip", "rstrip");

  private final Path file;
  private final JsonNode json;
  private final JsonNode model;
  private final Map<Integer, Token> tokens = new LinkedHashMap<>();

  private VocabularyExport(TokenizerSource source) {
    this.file = source.file();
    this.json = JsonMapper.shared().readTree(source.json());
    this.model = json.path("model");
  }

  static GgufVocabulary of(Path folder, TokenizerOptions options) {
    TokenizerSource source = TokenizerSource.of(folder);
    // What is no tokenizer at all is refused by those who know best.
    try (Tokenizer tokenizer = Tokenizers.open(source.file(), options)) {
      return new VocabularyExport(source).describe(source.config(), tokenizer);
    }
  }

  private GgufVocabulary describe(TokenizerConfig config, Tokenizer tokenizer) {
    require("model.type", model.path("type"), "BPE");
    require("model.byte_fallback", model.path("byte_fallback"), false);
    for (String field : List.of("dropout", "continuing_subword_prefix", "end_of_word_suffix")) {
      require("model." + field, model.path(field), null);
    }
    require("decoder.type", json.path("decoder").path("type"), "ByteLevel");
    PreTokenization pre =
        PreTokenization.of(json)
            .orElseThrow(() ->
                refused(
                    "its 'normalizer', 'pre_tokenizer' and 'model.ignore_merges' together are"
                        + " not those of a family that GGUF files have a name for",
                    "those of one of " + PreTokenization.names()));
    readTokens();
    int[] around = tokenizer.encode("", true);
    boolean addsBos = around.length > 0 && is(around[0], tokenizer.bosToken());
    boolean addsEos =
        around.length > (addsBos ? 1 : 0) && is(around[around.length - 1], tokenizer.eosToken());
    if (around.length != (addsBos ? 1 : 0) + (addsEos ? 1 : 0)) {
      throw refused(
          "it puts the tokens " + Arrays.toString(around) + " around a text",
          "none but the first and the last token, 'bos_token' and 'eos_token'");
    }
    return new GgufVocabulary(
        GgufVocabulary.BYTE_LEVEL,
        pre.name(),
        IntStream.rangeClosed(0, tokenizer.largestId())
            .mapToObj(id -> tokens.getOrDefault(id, GgufVocabulary.unused(id)))
            .toList(),
        readMerges(),
        specialTokens(config, tokenizer),
        addsBos,
        addsEos,
        false,
        ChatTemplates.of(file.resolveSibling(""), config).sources());
  }

  private void readTokens() {
    model
        .path("vocab")
        .properties()
        .forEach(entry -> add(entry.getValue().asInt(), entry.getKey(), TokenType.NORMAL));
    boolean isNormalized = PreTokenization.of(json).map(PreTokenization::normalizer).isPresent();
    for (JsonNode token : json.path("added_tokens")) {
      String text = token.path("content").asString();
      for (String flag : FLAGS) {
        requireUnset(text, flag, token);
      }
      if (isNormalized) {
        requireUnset(text, "normalized", token);
      }
      boolean isSpecial = token.path("special").asBoolean(false);
      add(token.path("id").asInt(), text, isSpecial ? TokenType.CONTROL : TokenType.USER_DEFINED);
    }
  }

  private void add(int id, String text, TokenType type) {
    Token before = tokens.put(id, new Token(text, type, 0));
    if (before != null && !before.text().equals(text)) {
      throw refused(
          "id " + id + " has the tokens '" + before.text() + "' and '" + text + "'",
          "one token for each id");
    }
  }

  private void requireUnset(String token, String flag, JsonNode fields) {
    if (fields.path(flag).asBoolean(false)) {
      throw refused(
          "added token '" + token + "' has '" + flag + "'",
          "none that has, since GGUF files cannot say so");
    }
  }

  /** There are two ways to write them: as a text with a blank, and as a pair. */
  private List<String> readMerges() {
    List<String> merges = new ArrayList<>();
    for (JsonNode merge : model.path("merges")) {
      String text =
          merge.isString()
              ? merge.asString()
              : merge.path(0).asString() + " " + merge.path(1).asString();
      if (text.indexOf(' ') != text.lastIndexOf(' ')) {
        throw refused("merge '" + text + "' has a token with a blank", "tokens without");
      }
      merges.add(text);
    }
    return merges;
  }

  private static Map<String, Integer> specialTokens(TokenizerConfig config, Tokenizer tokenizer) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    config.specialTokens().entrySet().stream()
        .sorted(Comparator.comparing(Map.Entry::getKey))
        .forEach(
            entry -> tokenizer.idOf(entry.getValue()).ifPresent(id -> ids.put(entry.getKey(), id)));
    return ids;
  }

  private void require(String field, JsonNode given, @Nullable Object expected) {
    boolean holds =
        switch (expected) {
          case null -> given.isMissingNode() || given.isNull() || given.asString("x").isEmpty();
          case Boolean flag -> given.asBoolean(false) == flag;
          default -> given.asString("").equals(expected);
        };
    if (!holds) {
      throw refused(
          "field '" + field + "' is " + (given.isMissingNode() ? "missing" : given),
          expected == null ? "none" : expected.toString());
    }
  }

  private ModelException refused(String given, String expected) {
    return new ModelException(
        ErrorCode.TOKENIZER,
        file + ": cannot be written into a GGUF file: " + given + "; expected " + expected + ".");
  }

  private static boolean is(int id, OptionalInt token) {
    return token.isPresent() && token.getAsInt() == id;
  }
}
