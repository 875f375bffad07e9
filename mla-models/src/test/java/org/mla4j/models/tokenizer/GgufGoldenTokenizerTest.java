package org.mla4j.models.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The golden tokenizers, written into a GGUF file and read again: nothing may be lost. */
@ParameterizedClass
@MethodSource("folders")
class GgufGoldenTokenizerTest {
  private static final int ROWS = 768;

  @TempDir Path temporary;
  private final String folder;
  private final Golden golden;
  private Path file = Path.of("");

  GgufGoldenTokenizerTest(String folder) {
    this.folder = folder;
    this.golden = Golden.read(folder);
  }

  static List<String> folders() {
    return Golden.FOLDERS;
  }

  @BeforeEach
  void write() {
    file =
        MetadataFile.write(
            temporary.resolve("model.gguf"),
            GgufVocabulary.of(Golden.folder(folder), TokenizerOptions.defaults())
                .padded(ROWS)
                .metadata());
  }

  @Test
  void encodes() {
    try (Tokenizer tokenizer = Tokenizers.open(file)) {
      for (Golden.Encoded expected : golden.encode()) {
        assertArrayEquals(expected.ids(), tokenizer.encode(expected.text(), false), expected::text);
        assertArrayEquals(
            expected.idsWithSpecial(), tokenizer.encode(expected.text(), true), expected::text);
      }
    }
  }

  @Test
  void decodes() {
    try (Tokenizer tokenizer = Tokenizers.open(file)) {
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
    try (Tokenizer tokenizer = Tokenizers.open(file)) {
      ChatFormat format = ChatFormat.load(file, tokenizer);
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

  @Test
  void knowsTheSameTokensAndNoPadding() {
    try (Tokenizer original = Tokenizers.open(Golden.folder(folder));
        Tokenizer tokenizer = Tokenizers.open(file)) {
      assertEquals(original.vocabularySize(), tokenizer.vocabularySize());
      assertEquals(original.largestId(), tokenizer.largestId());
      assertEquals(original.bosToken(), tokenizer.bosToken());
      assertEquals(original.eosToken(), tokenizer.eosToken());
      for (int id = 0; id < ROWS; id++) {
        assertEquals(original.tokenOf(id), tokenizer.tokenOf(id));
      }
      assertEquals(OptionalInt.empty(), tokenizer.idOf("[PAD767]"));
      assertEquals(Optional.empty(), tokenizer.tokenOf(767));
      assertEquals("", tokenizer.decode(new int[] {767}, false));
    }
  }

  /** One of the golden tokenizers has pairs, the others have texts. */
  @Test
  void takesMergesInBothForms() {
    assertEquals(vocabulary(UnaryOperator.identity()), vocabulary(this::otherForm));
  }

  private GgufVocabulary vocabulary(UnaryOperator<ObjectNode> change) {
    new TokenizerFolder(temporary).withTokenizerOf(folder, change).withConfigOf(folder);
    return GgufVocabulary.of(temporary, TokenizerOptions.defaults());
  }

  private ObjectNode otherForm(ObjectNode json) {
    ObjectNode model = (ObjectNode) json.get("model");
    ArrayNode before = (ArrayNode) model.get("merges");
    ArrayNode after = model.putArray("merges");
    before.forEach(merge -> {
      if (merge.isString()) {
        String[] parts = merge.asString().split(" ");
        after.addArray().add(parts[0]).add(parts[1]);
      } else {
        after.add(merge.get(0).asString() + " " + merge.get(1).asString());
      }
    });
    return json;
  }
}
