package org.mla4j.models.tokenizer;

import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Refuses what makes the native library end the JVM instead of throwing: it takes for granted that
 * its own JSON parser can read any part of a file, and that templates know their tokens.
 */
final class NativeScreen {
  /** The library's parser gives up at 128; no tokenizer has a tenth of that. */
  private static final int DEEPEST = 100;

  private static final JsonMapper JSON =
      new JsonMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
              .build());

  private final Path file;

  NativeScreen(Path file) {
    this.file = file;
  }

  /**
   * Reads a whole {@code tokenizer.json}, value by value.
   *
   * @throws tools.jackson.core.JacksonException if it is no JSON, or nested too deeply
   */
  void requireReadable(String json) {
    try (JsonParser parser = JSON.createParser(json)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        switch (token) {
          case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> requireFinite(parser);
          case VALUE_STRING, PROPERTY_NAME -> requireUnicode(parser);
          default -> {
            // has no value of its own
          }
        }
      }
    }
  }

  /** Looks for templates with tokens that they do not list, in a post-processor or inside it. */
  void requireKnownTokens(JsonNode postProcessor) {
    for (JsonNode template : postProcessor.findParents("special_tokens")) {
      Set<String> known = new TreeSet<>(template.get("special_tokens").propertyNames());
      for (JsonNode piece : template.findValues("SpecialToken")) {
        String token = piece.path("id").asString("");
        if (!known.contains(token)) {
          throw new ModelException(
              ErrorCode.TOKENIZER,
              file
                  + ": a template of field 'post_processor' has special token '"
                  + token
                  + "'; expected one of its 'special_tokens': "
                  + String.join(", ", known)
                  + ".");
        }
      }
    }
  }

  private void requireFinite(JsonParser parser) {
    if (!Double.isFinite(parser.getNumberValue().doubleValue())) {
      throw refused(parser, "a number", "one that 64 bits can hold");
    }
  }

  private void requireUnicode(JsonParser parser) {
    String text = parser.getString();
    for (int i = 0; i < text.length(); i++) {
      char unit = text.charAt(i);
      if (Character.isSurrogate(unit)) {
        if (!Character.isHighSurrogate(unit)
            || i + 1 == text.length()
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          throw refused(parser, "a string with half a surrogate pair", "Unicode");
        }
        i++;
      }
    }
  }

  private ModelException refused(JsonParser parser, String given, String expected) {
    TokenStreamLocation place = parser.currentTokenLocation();
    return new ModelException(
        ErrorCode.TOKENIZER,
        file
            + ": "
            + given
            + " at line "
            + place.getLineNr()
            + ", column "
            + place.getColumnNr()
            + "; expected "
            + expected
            + ".");
  }
}
