package org.mla4j.models.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.mla4j.api.error.ModelException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A folder with a tokenizer made for one test. */
record TokenizerFolder(Path path) {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Copies the {@code tokenizer.json} of a golden tokenizer, changed on the way. */
  TokenizerFolder withTokenizerOf(String golden, UnaryOperator<ObjectNode> change) {
    try {
      String json = Files.readString(Golden.folder(golden).resolve("tokenizer.json"));
      return withFile("tokenizer.json", change.apply((ObjectNode) JSON.readTree(json)).toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  TokenizerFolder withTokenizerOf(String golden) {
    return withTokenizerOf(golden, UnaryOperator.identity());
  }

  TokenizerFolder withConfigOf(String golden) {
    try {
      return withConfig(Files.readString(Golden.folder(golden).resolve("tokenizer_config.json")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  TokenizerFolder withConfig(String json) {
    return withFile("tokenizer_config.json", json);
  }

  TokenizerFolder withFile(String name, String content) {
    try {
      Files.createDirectories(path.resolve(name).getParent());
      Files.writeString(path.resolve(name), content);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Tokenizer open() {
    return Tokenizers.open(path);
  }

  void assertRefused(String message) {
    assertEquals(message, assertThrows(ModelException.class, this::open).getMessage());
  }
}
