package org.mla4j.models.tokenizer;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads the vocabulary of a {@code tokenizer.json} that the native library can be given. As a
 * stream: the merges beside it are several times as large and nobody here needs them.
 */
final class VocabularyReader {

  private static final JsonMapper JSON =
      JsonMapper.builder()
          // It reads single values out of the middle of a stream.
          .disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Far above every published vocabulary; an id beyond it is a mistake. */
  static final int LARGEST_ID = 1 << 24;

  private final Path file;
  private final Map<String, Integer> ids = new HashMap<>();
  private final Set<Integer> special = new HashSet<>();
  private final NativeScreen screen;
  private boolean hasByteTokens;

  private VocabularyReader(Path file) {
    this.file = file;
    this.screen = new NativeScreen(file);
  }

  static Vocabulary read(String json, Path file) {
    VocabularyReader reader = new VocabularyReader(file);
    try (JsonParser parser = JSON.createParser(json)) {
      reader.screen.requireReadable(json);
      reader.readTokenizer(parser);
    } catch (JacksonException e) {
      throw new ModelException(
          ErrorCode.TOKENIZER, file + ": not JSON: " + e.getOriginalMessage() + ".", e);
    }
    return new Vocabulary(reader.ids, reader.special, reader.hasByteTokens);
  }

  private void readTokenizer(JsonParser parser) {
    expect(parser.nextToken() == JsonToken.START_OBJECT, "a JSON object");
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String field = parser.currentName();
      parser.nextToken();
      switch (field) {
        case "added_tokens" -> readAddedTokens(parser);
        case "decoder" -> readDecoder(parser);
        case "model" -> readModel(parser);
        case "post_processor" -> screen.requireKnownTokens(JSON.readTree(parser));
        default -> parser.skipChildren();
      }
    }
    expect(!ids.isEmpty(), "a field 'model' with a 'vocab'");
  }

  private void readModel(JsonParser parser) {
    expect(parser.currentToken() == JsonToken.START_OBJECT, "an object as 'model'");
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String field = parser.currentName();
      JsonToken value = parser.nextToken();
      if (!field.equals("vocab")) {
        parser.skipChildren();
      } else if (value == JsonToken.START_OBJECT) {
        readVocabularyById(parser);
      } else {
        expect(value == JsonToken.START_ARRAY, "an object or a list as 'model.vocab'");
        readVocabularyInOrder(parser);
      }
    }
  }

  /** Reads {@code {"token": id, ...}}. */
  private void readVocabularyById(JsonParser parser) {
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String token = parser.currentName();
      expect(parser.nextToken() == JsonToken.VALUE_NUMBER_INT, "integers as ids in 'model.vocab'");
      add(token, parser.getIntValue());
    }
  }

  /** Reads {@code [["token", score], ...]}, where the id is the position. */
  private void readVocabularyInOrder(JsonParser parser) {
    for (int id = 0; parser.nextToken() == JsonToken.START_ARRAY; id++) {
      expect(
          parser.nextToken() == JsonToken.VALUE_STRING,
          "pairs of token and score in 'model.vocab'");
      add(parser.getString(), id);
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        parser.skipChildren();
      }
    }
  }

  private void readAddedTokens(JsonParser parser) {
    expect(parser.currentToken() == JsonToken.START_ARRAY, "a list as 'added_tokens'");
    while (parser.nextToken() == JsonToken.START_OBJECT) {
      // As a tree: binding to a class of ours would need the module to be open to Jackson.
      JsonNode token = JSON.readTree(parser);
      JsonNode id = token.path("id");
      JsonNode content = token.path("content");
      expect(
          id.isInt() && content.isString(),
          "an integer as 'id' and a string as 'content' in 'added_tokens'");
      add(content.asString(), id.asInt());
      if (token.path("special").asBoolean(false)) {
        special.add(id.asInt());
      } else {
        special.remove(id.asInt());
      }
    }
  }

  /** Byte tokens are bytes only if some step of the decoder says so. */
  private void readDecoder(JsonParser parser) {
    if (parser.currentToken() == JsonToken.START_OBJECT) {
      hasByteTokens =
          JSON.readTree(parser).findValues("type").stream()
              .anyMatch(type -> type.isString() && type.asString().equals("ByteFallback"));
    }
  }

  private void add(String token, int id) {
    expect(id >= 0 && id <= LARGEST_ID, "ids between 0 and " + LARGEST_ID);
    ids.put(token, id);
  }

  private void expect(boolean isSo, String expectation) {
    if (!isSo) {
      throw new ModelException(ErrorCode.TOKENIZER, file + ": expected " + expectation + ".");
    }
  }
}
