package org.mla4j.models.tokenizer;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What the reference made of a tokenizer: the content of {@code tokenizer_golden.json}. */
record Golden(
    @JsonProperty("vocab_size") int vocabularySize,
    @JsonProperty("bos_id") Integer bosId,
    List<Encoded> encode,
    List<Decoded> decode,
    List<Map<String, Object>> chat) {

  static final List<String> FOLDERS =
      List.of("tokenizer", "tokenizer-qwen", "tokenizer-deepseek-llm");

  private static final JsonMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  /** A text and its ids. */
  record Encoded(
      String text,
      int[] ids,
      @JsonProperty("ids_with_special") int[] idsWithSpecial,
      List<String> tokens,
      String decoded,
      @JsonProperty("decoded_skip_special") String decodedSkipSpecial) {}

  /** Ids, not necessarily of UTF-8, and their text. */
  record Decoded(
      int[] ids, String decoded, @JsonProperty("decoded_skip_special") String decodedSkipSpecial) {}

  static Golden read(String folder) {
    return JSON.readValue(folder(folder).resolve("tokenizer_golden.json").toFile(), Golden.class);
  }

  static Path folder(String name) {
    return repository().resolve("testdata/golden").resolve(name);
  }

  static Path repository() {
    String property = System.getProperty("mla.repository");
    if (property != null) {
      return Path.of(property);
    }
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(folder.resolve("testdata"))) {
      folder = Objects.requireNonNull(folder.getParent(), "no folder above has testdata");
    }
    return folder;
  }
}
