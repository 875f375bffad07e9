package org.mla4j.models.evaluation;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.models.template.ChatMessage;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Parses one line of a file of questions. A field that is not known is refused: it is a misspelt
 * one, or changes the question in a way that we do not understand.
 */
final class QuestionLine {
  private static final int LONGEST_SHOWN = 60;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Path file;
  private final int line;

  QuestionLine(Path file, int line) {
    this.file = file;
    this.line = line;
  }

  Question parse(byte[] json) {
    JsonNode question = object(json);
    requireKnown(question, "", List.of("task", "messages", "expected", "reference"));
    return new Question(
        line,
        string(question, "", "task"),
        messages(question.get("messages")),
        string(question, "", "expected"),
        question.hasNonNull("reference")
            ? Optional.of(string(question, "", "reference"))
            : Optional.empty());
  }

  private JsonNode object(byte[] json) {
    JsonNode node;
    try {
      node = JSON.readTree(json);
    } catch (JacksonException e) {
      throw new ModelException(
          ErrorCode.MALFORMED_FILE,
          where()
              // None if the bytes are not even characters.
              + (e.getLocation() == null ? "" : ", column " + e.getLocation().getColumnNr())
              + ": not valid JSON: "
              + e.getOriginalMessage()
              + ".",
          e);
    }
    if (node.isMissingNode()) {
      throw refused("empty", "one JSON object");
    }
    if (!node.isObject()) {
      throw refused(shown(node), "one JSON object");
    }
    return node;
  }

  private List<ChatMessage> messages(@Nullable JsonNode list) {
    String expected = "a list of at least one message";
    if (list == null) {
      throw missing("messages", expected);
    }
    if (!list.isArray() || list.isEmpty()) {
      throw refused("messages", list, expected);
    }
    List<ChatMessage> messages = new ArrayList<>();
    for (JsonNode message : list) {
      String place = "messages[" + messages.size() + "]";
      if (!message.isObject()) {
        throw refused(place, message, "an object with role and content");
      }
      requireKnown(message, place + ".", List.of("role", "content"));
      messages.add(
          ChatMessage.of(
              string(message, place + ".", "role"), string(message, place + ".", "content")));
    }
    return messages;
  }

  private String string(JsonNode object, String place, String field) {
    JsonNode value = object.get(field);
    if (value == null) {
      throw missing(place + field, "a string");
    }
    if (!value.isString()) {
      throw refused(place + field, value, "a string");
    }
    return value.asString();
  }

  private void requireKnown(JsonNode object, String place, List<String> fields) {
    for (String field : object.propertyNames()) {
      if (!fields.contains(field)) {
        throw refused(
            "unknown field '" + place + field + "'", "no other than " + String.join(", ", fields));
      }
    }
  }

  private ModelException missing(String field, String expected) {
    return refused("field '" + field + "' is missing", expected);
  }

  private ModelException refused(String field, JsonNode given, String expected) {
    return refused("field '" + field + "' is " + shown(given), expected);
  }

  private ModelException refused(String problem, String expected) {
    return new ModelException(
        ErrorCode.MALFORMED_FILE, where() + ": " + problem + "; expected " + expected + ".");
  }

  private String where() {
    return file + ", line " + line;
  }

  private static String shown(JsonNode given) {
    String text = given.toString();
    return text.length() > LONGEST_SHOWN ? text.substring(0, LONGEST_SHOWN) + "..." : text;
  }
}
