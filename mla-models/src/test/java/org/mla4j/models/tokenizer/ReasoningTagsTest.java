package org.mla4j.models.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.core.engine.TextDecoder;
import tools.jackson.databind.node.ObjectNode;

class ReasoningTagsTest {
  private static final ReasoningTags TAGS = new ReasoningTags("<think>", "</think>");

  @TempDir Path temporary;

  @Test
  void areThoseOfTheVocabulary() {
    try (Tokenizer tokenizer = Tokenizers.open(Golden.folder("tokenizer-qwen"))) {
      assertEquals(Optional.of(TAGS), ReasoningTags.of(tokenizer));
    }
    try (Tokenizer tokenizer = Tokenizers.open(Golden.repository().resolve("demo-model"))) {
      assertEquals(Optional.empty(), ReasoningTags.of(tokenizer));
    }
  }

  @Test
  void openAtTheEndOfAPromptOnly() {
    assertTrue(TAGS.opensAtTheEndOf("a<think>\n"));
    assertTrue(TAGS.opensAtTheEndOf("<think>"));
    assertFalse(TAGS.opensAtTheEndOf("<think>\n\n</think>\n\n"));
    assertFalse(TAGS.opensAtTheEndOf("<think> about it"));
    assertFalse(TAGS.opensAtTheEndOf(""));
  }

  /** A decoder that leaves out special tokens would leave out tags that are such tokens. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void areDecodedEvenIfTheyAreSpecial(boolean special) {
    new TokenizerFolder(temporary)
        .withTokenizerOf(
            "tokenizer-qwen",
            json -> {
              json.path("added_tokens")
                  .forEach(token -> {
                    if (token.path("content").asString().contains("think>")) {
                      ((ObjectNode) token).put("special", special);
                    }
                  });
              return json;
            });
    try (Tokenizer tokenizer = Tokenizers.open(temporary)) {
      String text = "<think>\nhm 😀</think>中文<|im_end|>";
      TextDecoder decoder = TAGS.newDecoder(tokenizer);
      StringBuilder decoded = new StringBuilder();
      for (int id : tokenizer.encode(text, false)) {
        decoded.append(decoder.append(id));
      }
      decoded.append(decoder.finish());
      assertEquals("<think>\nhm 😀</think>中文", decoded.toString());
    }
  }
}
