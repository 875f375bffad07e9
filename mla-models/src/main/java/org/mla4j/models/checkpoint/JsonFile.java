package org.mla4j.models.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads JSON strictly: a key that is given twice, or text after the end, is refused. */
final class JsonFile {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** That of a safetensors header; a file that grows beyond it is no description of weights. */
  private static final long MAX_BYTES = 100_000_000;

  private JsonFile() {}

  /** Reads a file that holds one object; {@code code} is that of whatever is wrong with it. */
  static JsonNode readObject(Path file, ErrorCode code) {
    try {
      long bytes = Files.size(file);
      if (bytes > MAX_BYTES) {
        throw new ModelException(
            code, file + ": has " + bytes + " bytes; expected at most " + MAX_BYTES + ".");
      }
      return parseObject(Files.readAllBytes(file), file.toString(), code);
    } catch (NoSuchFileException e) {
      throw new ModelException(code, file + ": no such file.", e);
    } catch (IOException e) {
      throw new ModelException(code, file + ": cannot be read: " + e + ".", e);
    }
  }

  /** Parses one object; {@code what} names it in messages. */
  static JsonNode parseObject(byte[] json, String what, ErrorCode code) {
    JsonNode node;
    try {
      node = JSON.readTree(json);
    } catch (JacksonException e) {
      throw new ModelException(
          code, what + ": not valid JSON" + place(e) + ": " + e.getOriginalMessage() + ".", e);
    }
    if (!node.isObject()) {
      throw new ModelException(code, what + ": expected a JSON object.");
    }
    return node;
  }

  /** Nowhere, if the bytes are not even characters. */
  private static String place(JacksonException e) {
    TokenStreamLocation place = e.getLocation();
    return place == null || place.getLineNr() < 1
        ? ""
        : " at line " + place.getLineNr() + ", column " + place.getColumnNr();
  }
}
