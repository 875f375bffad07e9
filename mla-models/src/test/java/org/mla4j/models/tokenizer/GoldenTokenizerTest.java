package org.mla4j.models.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.core.engine.TextDecoder;

/** Compares with what the reference tokenizers and templates made. */
@ParameterizedClass
@MethodSource("folders")
class GoldenTokenizerTest {

  private final String folder;
  private final Golden golden;

  GoldenTokenizerTest(String folder) {
    this.folder = folder;
    this.golden = Golden.read(folder);
  }

  static List<String> folders() {
    return Golden.FOLDERS;
  }

  private Tokenizer open() {
    return Tokenizers.open(Golden.folder(folder));
  }

  @Test
  void knowsItsVocabulary() {
    try (Tokenizer tokenizer = open()) {
      assertEquals(golden.vocabularySize(), tokenizer.vocabularySize());
      assertEquals(
          golden.bosId() == null ? OptionalInt.empty() : OptionalInt.of(golden.bosId()),
          tokenizer.bosToken());
      for (Golden.Encoded expected : golden.encode()) {
        List<String> tokens = new ArrayList<>();
        for (int id : expected.ids()) {
          String token = tokenizer.tokenOf(id).orElseThrow();
          tokens.add(token);
          assertEquals(OptionalInt.of(id), tokenizer.idOf(token));
        }
        assertEquals(expected.tokens(), tokens);
      }
    }
  }

  @Test
  void encodes() {
    try (Tokenizer tokenizer = open()) {
      for (Golden.Encoded expected : golden.encode()) {
        assertArrayEquals(expected.ids(), tokenizer.encode(expected.text(), false), expected::text);
        assertArrayEquals(
            expected.idsWithSpecial(), tokenizer.encode(expected.text(), true), expected::text);
      }
    }
  }

  @Test
  void decodes() {
    try (Tokenizer tokenizer = open()) {
      for (Golden.Encoded expected : golden.encode()) {
        assertEquals(expected.decoded(), tokenizer.decode(expected.ids(), false));
        assertEquals(expected.decodedSkipSpecial(), tokenizer.decode(expected.ids(), true));
      }
      for (Golden.Decoded expected : golden.decode()) {
        assertEquals(expected.decoded(), tokenizer.decode(expected.ids(), false));
        assertEquals(expected.decodedSkipSpecial(), tokenizer.decode(expected.ids(), true));
      }
    }
  }

  @Test
  void formatsConversations() {
    try (Tokenizer tokenizer = open()) {
      ChatFormat format = ChatFormat.load(Golden.folder(folder), tokenizer);
      for (Map<String, Object> chat : golden.chat()) {
        Map<String, Object> variables = new LinkedHashMap<>(chat);
        Object rendered = variables.remove("rendered");
        Object ids = variables.remove("ids");
        ChatPrompt prompt = format.format(variables);
        assertEquals(rendered, prompt.text());
        assertEquals(ids, Arrays.stream(prompt.ids()).boxed().toList());
      }
    }
  }

  /** The pieces of incremental decoding, joined, against decoding all at once. */
  @Nested
  class Incrementally {

    @Test
    void decodesTheGoldenLists() {
      try (Tokenizer tokenizer = open()) {
        golden.decode().forEach(list -> checkDecoding(tokenizer, list.ids()));
        golden.encode().forEach(text -> checkDecoding(tokenizer, text.ids()));
      }
    }

    @Test
    void decodesRandomIds() {
      Random random = new Random(42);
      try (Tokenizer tokenizer = open()) {
        for (int i = 0; i < 200; i++) {
          // Every other list has single bytes only, which the first ids are: mostly broken UTF-8.
          int bound = i % 2 == 0 ? golden.vocabularySize() + 10 : 260;
          checkDecoding(tokenizer, random.ints(1 + i % 70, 0, bound).toArray());
        }
      }
    }

    @Test
    void decodesLongRunsOfOneId() {
      try (Tokenizer tokenizer = open()) {
        for (int id = 0; id < golden.vocabularySize(); id++) {
          int repeated = id;
          checkDecoding(tokenizer, IntStream.range(0, 40).map(_ -> repeated).toArray());
        }
      }
    }

    private void checkDecoding(Tokenizer tokenizer, int[] ids) {
      for (boolean skipSpecialTokens : new boolean[] {false, true}) {
        TextDecoder decoder = tokenizer.newDecoder(skipSpecialTokens);
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
          text.append(decoder.append(id));
        }
        text.append(decoder.finish());
        assertEquals(
            tokenizer.decode(ids, skipSpecialTokens), text.toString(), () -> Arrays.toString(ids));
      }
    }
  }
}
