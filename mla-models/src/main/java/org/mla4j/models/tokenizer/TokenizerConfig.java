package org.mla4j.models.tokenizer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What matters of a {@code tokenizer_config.json}.
 *
 * @param file where it is from
 * @param specialTokens texts of the special tokens by field, such as {@code bos_token}; those that
 *     are null are left out, so that a template finds them undefined
 * @param additionalSpecialTokens texts of further special tokens
 * @param addBosToken whether to add the token for the beginning of a text, empty if not said
 * @param addEosToken whether to add the token for the end of a text, empty if not said
 * @param addedTokens by id, what {@code added_tokens_decoder} names
 * @param chatTemplates sources of the chat templates by name
 */
record TokenizerConfig(
    Path file,
    Map<String, String> specialTokens,
    List<String> additionalSpecialTokens,
    Optional<Boolean> addBosToken,
    Optional<Boolean> addEosToken,
    Map<Integer, AddedToken> addedTokens,
    Map<String, String> chatTemplates) {

  /**
   * A token beside the vocabulary.
   *
   * @param content its text
   * @param special whether decoding can leave it out
   */
  record AddedToken(String content, boolean special) {}

  static final String FILE = "tokenizer_config.json";
  static final String DEFAULT_TEMPLATE = "default";

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final List<String> SPECIAL_TOKENS =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  /** {@return the configuration; one that says nothing if the file does not exist} */
  static TokenizerConfig read(Path file) {
    if (!Files.isRegularFile(file)) {
      return new TokenizerConfig(
          file, Map.of(), List.of(), Optional.empty(), Optional.empty(), Map.of(), Map.of());
    }
    try {
      JsonNode json = JSON.readTree(TextFile.read(file, ErrorCode.TOKENIZER));
      if (!json.isObject()) {
        throw new ModelException(ErrorCode.TOKENIZER, file + ": expected a JSON object.");
      }
      return new Reader(file, json).read();
    } catch (JacksonException e) {
      throw new ModelException(
          ErrorCode.TOKENIZER, file + ": not JSON: " + e.getOriginalMessage() + ".", e);
    }
  }

  /** Reads the fields. */
  private record Reader(Path file, JsonNode json) {

    TokenizerConfig read() {
      Map<String, String> specialTokens = new LinkedHashMap<>();
      for (String field : SPECIAL_TOKENS) {
        token(json.get(field), field).ifPresent(text -> specialTokens.put(field, text));
      }
      return new TokenizerConfig(
          file,
          Map.copyOf(specialTokens),
          additionalSpecialTokens(),
          flag("add_bos_token"),
          flag("add_eos_token"),
          addedTokens(),
          chatTemplates());
    }

    /** A token is written as its text, or as an object with the text among its fields. */
    private Optional<String> token(@Nullable JsonNode value, String field) {
      if (value == null || value.isNull()) {
        return Optional.empty();
      }
      JsonNode content = value.isObject() ? value.get("content") : value;
      if (content == null || !content.isString()) {
        throw refused(field, "a string, or an object with a string as 'content'");
      }
      return Optional.of(content.asString());
    }

    private List<String> additionalSpecialTokens() {
      String field = "additional_special_tokens";
      JsonNode values = json.get(field);
      return values == null || !values.isArray()
          ? List.of()
          : values.valueStream().flatMap(value -> token(value, field).stream()).toList();
    }

    private Map<Integer, AddedToken> addedTokens() {
      String field = "added_tokens_decoder";
      JsonNode values = json.get(field);
      if (values == null || values.isNull()) {
        return Map.of();
      }
      Map<Integer, AddedToken> tokens = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> entry : values.properties()) {
        JsonNode content = entry.getValue().path("content");
        if (!entry.getKey().matches("[0-9]{1,9}") || !content.isString()) {
          throw refused(field, "objects with a string as 'content', by id");
        }
        tokens.put(
            Integer.valueOf(entry.getKey()),
            new AddedToken(content.asString(), entry.getValue().path("special").asBoolean(false)));
      }
      return tokens;
    }

    private Optional<Boolean> flag(String field) {
      JsonNode value = json.get(field);
      if (value == null || value.isNull()) {
        return Optional.empty();
      }
      if (!value.isBoolean()) {
        throw refused(field, "true or false");
      }
      return Optional.of(value.asBoolean());
    }

    /** There is one template, or a list of them with names. */
    private Map<String, String> chatTemplates() {
      String field = "chat_template";
      JsonNode value = json.get(field);
      if (value == null || value.isNull()) {
        return Map.of();
      }
      if (value.isString()) {
        return Map.of(DEFAULT_TEMPLATE, value.asString());
      }
      Map<String, String> templates = new LinkedHashMap<>();
      for (JsonNode entry : value) {
        JsonNode name = entry.get("name");
        JsonNode template = entry.get("template");
        if (name == null || template == null || !name.isString() || !template.isString()) {
          throw refused(field, "a string, or a list of objects with 'name' and 'template'");
        }
        templates.put(name.asString(), template.asString());
      }
      return templates;
    }

    private ModelException refused(String field, String expected) {
      return new ModelException(
          ErrorCode.TOKENIZER,
          file + ": field '" + field + "' is malformed; expected " + expected + ".");
    }
  }
}
