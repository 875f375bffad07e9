package org.mla4j.models.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/**
 * Compares with what SentencePiece itself made of the same vocabulary; see {@code
 * src/test/oracle/sentencepiece_oracle.py}.
 */
class SentencePieceTest {
  @TempDir Path temporary;
  private Cases cases = new Cases(List.of(), new int[0], new float[0], List.of());

  /** The content of the case file. */
  record Cases(List<String> tokens, int[] types, float[] scores, List<Case> cases) {}

  /** A text, its ids, and their text. */
  record Case(String text, int[] ids, String decoded) {}

  @BeforeEach
  void read() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(getClass().getResourceAsStream("sentencepiece-cases.json"))) {
      cases = JsonMapper.shared().readValue(in, Cases.class);
    }
  }

  private Map<String, Object> metadata() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("tokenizer.ggml.model", "llama");
    values.put("tokenizer.ggml.pre", "default");
    values.put("tokenizer.ggml.tokens", cases.tokens());
    values.put("tokenizer.ggml.token_type", cases.types());
    values.put("tokenizer.ggml.scores", cases.scores());
    return values;
  }

  private Tokenizer open(Map<String, Object> values) {
    return Tokenizers.open(MetadataFile.write(temporary.resolve("model.gguf"), values));
  }

  @Test
  void encodesAndDecodesAsSentencePieceDoes() {
    Map<String, Object> values = metadata();
    values.put("tokenizer.ggml.add_bos_token", false);
    try (Tokenizer tokenizer = open(values)) {
      for (Case expected : cases.cases()) {
        assertArrayEquals(expected.ids(), tokenizer.encode(expected.text(), true), expected::text);
        assertEquals(expected.decoded(), tokenizer.decode(expected.ids(), true));
      }
      assertEquals(255, cases.cases().size());
    }
  }

  @Test
  void beginsTextsUnlessTold() {
    try (Tokenizer tokenizer = open(metadata())) {
      assertEquals(OptionalInt.of(1), tokenizer.bosToken());
      assertEquals(OptionalInt.of(2), tokenizer.eosToken());
      int[] plain = tokenizer.encode("some text", false);
      assertArrayEquals(
          IntStream.concat(IntStream.of(1), IntStream.of(plain)).toArray(),
          tokenizer.encode("some text", true));
    }
  }

  @Test
  void leavesOutTheBlankIfTold() {
    Map<String, Object> values = metadata();
    values.put("tokenizer.ggml.add_space_prefix", false);
    try (Tokenizer with = open(metadata());
        Tokenizer without = open(values)) {
      assertArrayEquals(with.encode("the text", false), without.encode(" the text", false));
      assertEquals(" the text", without.decode(without.encode(" the text", false), true));
    }
  }

  @Test
  void decodesPieceByPiece() {
    try (Tokenizer tokenizer = open(metadata())) {
      for (Case expected : cases.cases()) {
        var decoder = tokenizer.newDecoder(true);
        StringBuilder text = new StringBuilder();
        for (int id : expected.ids()) {
          text.append(decoder.append(id));
        }
        assertEquals(expected.decoded(), text.append(decoder.finish()).toString());
      }
    }
  }
}
