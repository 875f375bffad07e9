package org.mla4j.models.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.error.ModelException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Tokenizers in the metadata of GGUF files. */
class GgufVocabularyTest {
  private static final String KNOWN =
      "deepseek-v3, deepseek-llm, deepseek-coder, qwen2, deepseek-r1-qwen, qwen35, glm4, llama-bpe,"
          + " kimi-k2, gpt-2";

  @TempDir Path temporary;
  private TokenizerFolder folder;

  @BeforeEach
  void makeFolder() {
    folder = new TokenizerFolder(temporary);
  }

  private static GgufVocabulary golden(String name) {
    return GgufVocabulary.of(Golden.folder(name), TokenizerOptions.defaults());
  }

  private Path write(Map<String, Object> values) {
    return MetadataFile.write(temporary.resolve("model.gguf"), values);
  }

  @ParameterizedTest
  @CsvSource({
    "tokenizer, deepseek-v3, true",
    "tokenizer-qwen, qwen2, false",
    "tokenizer-deepseek-llm, deepseek-coder, true",
  })
  void hasTheNameOfTheFamily(String name, String pre, boolean addsBos) {
    GgufVocabulary vocabulary = golden(name);
    assertEquals("gpt2", vocabulary.model());
    assertEquals(pre, vocabulary.pre());
    assertEquals(addsBos, vocabulary.addsBos());
    assertEquals(false, vocabulary.addsEos());
    assertEquals(List.of("default"), List.copyOf(vocabulary.chatTemplates().keySet()));
  }

  /** What the file says of each token, and in which order the keys are. */
  @Test
  void saysWhatKindEachTokenIs() {
    Map<String, Object> values = golden("tokenizer").padded(739).metadata();
    assertEquals(
        List.of(
            "tokenizer.ggml.model",
            "tokenizer.ggml.pre",
            "tokenizer.ggml.tokens",
            "tokenizer.ggml.token_type",
            "tokenizer.ggml.merges",
            "tokenizer.ggml.bos_token_id",
            "tokenizer.ggml.eos_token_id",
            "tokenizer.ggml.padding_token_id",
            "tokenizer.ggml.add_bos_token",
            "tokenizer.ggml.add_eos_token",
            "tokenizer.chat_template"),
        List.copyOf(values.keySet()));
    List<?> tokens = (List<?>) values.get("tokenizer.ggml.tokens");
    int[] types = (int[]) values.get("tokenizer.ggml.token_type");
    assertEquals("<｜begin▁of▁sentence｜> 3", tokens.get(0) + " " + types[0]);
    assertEquals("! 1", tokens.get(3) + " " + types[3]);
    assertEquals("<｜User｜> 4", tokens.get(723) + " " + types[723]);
    assertEquals("<|EOT|> 3", tokens.get(725) + " " + types[725]);
    assertEquals("[PAD738] 5", tokens.get(738) + " " + types[738]);
    assertEquals(739, tokens.size());
  }

  /** A section of each name, written into a file and found again under that name. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "deepseek-v3",
        "deepseek-llm",
        "deepseek-coder",
        "qwen2",
        "qwen35",
        "glm4",
        "llama-bpe",
        "kimi-k2",
        "gpt-2"
      })
  void eachNameIsFoundByItsSections(String pre) {
    Map<String, Object> values = golden("tokenizer-qwen").metadata();
    values.put("tokenizer.ggml.pre", pre);
    Path file = write(values);
    String json = TokenizerSource.of(file).json();
    folder.withFile("tokenizer.json", json).withConfigOf("tokenizer-qwen");
    assertEquals(pre, GgufVocabulary.of(temporary, TokenizerOptions.defaults()).pre());
    try (Tokenizer tokenizer = Tokenizers.open(file)) {
      for (String text : List.of("Don't stop 12345 !! \n\n 中文ab", "ÀÉ καλά  x\ty\r\n", "")) {
        assertEquals(text, tokenizer.decode(tokenizer.encode(text, false), false));
      }
    }
  }

  /** Words as each family cuts them; tokens that are longer do not matter for where it cuts. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "deepseek-v3;It's 1234 is;It|'s| |123|4| is",
        "deepseek-llm;It's 1234 is;It|'|s| |1|2|3|4| is",
        "deepseek-coder;It's 1234 is;It|'|s| |1|2|3|4| is",
        "qwen2;It's 1234 is;It|'s| |1|2|3|4| is",
        "qwen35;It's 1234 is;It|'s| |1|2|3|4| is",
        "glm4;It's 1234 is;It|'s| |123|4| is",
        "llama-bpe;It's 1234 is;It|'s| |123|4| is",
        "kimi-k2;It's 1234 is;It's| |123|4| is",
        "gpt-2;It's 1234 is;It|'s| 1234| is",
      })
  void eachNameCutsItsOwnWay(String pre, String text, String words) {
    List<String> expected = List.of(words.split("\\|"));
    List<GgufVocabulary.Token> tokens = new ArrayList<>();
    for (int value = 0; value < ByteAlphabet.SIZE; value++) {
      tokens.add(new GgufVocabulary.Token(ByteAlphabet.write(value), TokenType.NORMAL, 0));
    }
    List<String> merges = new ArrayList<>();
    for (String word : expected) {
      // Each word by its letters from the left, so that whole words are tokens.
      String alphabet = word.replace(' ', 'Ġ');
      for (int end = 2; end <= alphabet.length(); end++) {
        String merge = alphabet.substring(0, end - 1) + " " + alphabet.charAt(end - 1);
        if (!merges.contains(merge)) {
          merges.add(merge);
          tokens.add(new GgufVocabulary.Token(alphabet.substring(0, end), TokenType.NORMAL, 0));
        }
      }
    }
    GgufVocabulary vocabulary =
        new GgufVocabulary("gpt2", pre, tokens, merges, Map.of(), false, false, false, Map.of());
    try (Tokenizer tokenizer = Tokenizers.open(write(vocabulary.metadata()))) {
      List<String> found =
          Arrays.stream(tokenizer.encode(text, false))
              .mapToObj(id -> tokenizer.decode(new int[] {id}, false))
              .toList();
      assertEquals(expected, found);
    }
  }

  @Test
  void namedTemplatesAreKept() {
    folder
        .withTokenizerOf("tokenizer-qwen")
        .withConfig(
            """
            {"chat_template": [{"name": "default", "template": "D"},
                               {"name": "tool_use", "template": "T{{ nothing.at }}"}]}
            """);
    Path file = write(GgufVocabulary.of(temporary, TokenizerOptions.defaults()).metadata());
    try (Tokenizer tokenizer = Tokenizers.open(file)) {
      assertEquals("D", ChatFormat.load(file, tokenizer).format(Map.of()).text());
      ChatFormat tools = ChatFormat.load(file, tokenizer, "tool_use");
      assertEquals(
          file + "#chat_template.tool_use:1:12: 'nothing' is undefined [MLA-0208]",
          assertThrows(ModelException.class, () -> tools.format(Map.of())).getMessage());
    }
  }

  @Test
  void aLongTextIsNotCut() {
    String text = "a word and more of it, ".repeat(3_000);
    Path file = write(golden("tokenizer").metadata());
    try (Tokenizer tokenizer = Tokenizers.open(file);
        Tokenizer original = Tokenizers.open(Golden.folder("tokenizer"))) {
      int[] ids = tokenizer.encode(text, false);
      assertEquals(true, ids.length > 10_000, () -> ids.length + " ids");
      assertEquals(text, tokenizer.decode(ids, false));
      assertEquals(0, Arrays.compare(original.encode(text, false), ids));
    }
  }

  @Test
  void cannotBePaddedToLess() {
    GgufVocabulary vocabulary = golden("tokenizer");
    assertEquals(
        "A vocabulary of 737 tokens cannot be padded to 736; expected that many or more."
            + " [MLA-0401]",
        assertThrows(InvalidInputException.class, () -> vocabulary.padded(736)).getMessage());
  }

  /** What a file says and is refused for, with the whole message. */
  @Nested
  class Refusals {
    private void assertRefused(Consumer<Map<String, Object>> change, String problem) {
      Map<String, Object> values = golden("tokenizer-qwen").metadata();
      change.accept(values);
      Path file = write(values);
      assertEquals(
          file + ": metadata key 'tokenizer.ggml." + problem + ". [MLA-0207]",
          assertThrows(ModelException.class, () -> Tokenizers.open(file)).getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"default", "falcon", "QWEN2", ""})
    void ofAnUnknownCut(String pre) {
      assertRefused(
          values -> values.put("tokenizer.ggml.pre", pre),
          "pre' is '"
              + pre
              + "'; expected one of "
              + KNOWN
              + "; with another, texts would be cut into other tokens than those that the model was"
              + " trained on");
    }

    @Test
    void ofNoCut() {
      assertRefused(
          values -> values.remove("tokenizer.ggml.pre"),
          "pre' is missing; expected one of "
              + KNOWN
              + "; with another, texts would be cut into other tokens than those that the model was"
              + " trained on");
    }

    @Test
    void ofAnotherModel() {
      assertRefused(
          values -> values.put("tokenizer.ggml.model", "t5"),
          "model' is 't5'; expected one of gpt2, llama");
      assertRefused(
          values -> values.remove("tokenizer.ggml.model"),
          "model' is missing; expected one of gpt2, llama");
    }

    @Test
    void ofTokensThatAreMissingOrTwice() {
      assertRefused(
          values -> values.remove("tokenizer.ggml.tokens"),
          "tokens' is missing or empty; expected the tokens by id");
      assertRefused(
          values -> values.put("tokenizer.ggml.tokens", with(values, "tokens", 5, "!")),
          "tokens' is '!' at index 5 as at index 0; expected each token once");
    }

    @Test
    void ofTypesThatDoNotFit() {
      assertRefused(
          values -> values.remove("tokenizer.ggml.token_type"),
          "token_type' is an array of 0; expected one element for each of the 707 tokens");
      assertRefused(
          values -> ((int[]) values.get("tokenizer.ggml.token_type"))[7] = 9,
          "token_type' is 9 at index 7; expected numbers from 1 to 6");
    }

    @Test
    void ofMergesThatAreMissingOrNone() {
      assertRefused(
          values -> values.remove("tokenizer.ggml.merges"),
          "merges' is missing; expected the merges of the vocabulary");
      for (String merge : List.of("ab", "! nothing", "nothing !", "! !")) {
        assertRefused(
            values -> values.put("tokenizer.ggml.merges", with(values, "merges", 3, merge)),
            "merges' is '"
                + merge
                + "' at index 3; expected two tokens with a blank between them that are a token"
                + " together");
      }
    }

    @Test
    void ofRolesOutsideTheVocabulary() {
      assertRefused(
          values -> values.put("tokenizer.ggml.eos_token_id", 707),
          "eos_token_id' is 707; expected an id from 0 to 706");
    }

    private static List<String> with(
        Map<String, Object> values, String key, int index, String text) {
      List<String> changed = new ArrayList<>();
      ((List<?>) values.get("tokenizer.ggml." + key)).forEach(each -> changed.add((String) each));
      changed.set(index, text);
      return changed;
    }
  }

  /** What a folder has and GGUF cannot say, with the whole message. */
  @Nested
  class FoldersThatAreRefused {
    private void assertRefused(UnaryOperator<ObjectNode> change, String problem) {
      folder.withTokenizerOf("tokenizer-qwen", change).withConfigOf("tokenizer-qwen");
      assertEquals(
          temporary.resolve("tokenizer.json")
              + ": cannot be written into a GGUF file: "
              + problem
              + ". [MLA-0207]",
          assertThrows(
                  ModelException.class,
                  () -> GgufVocabulary.of(temporary, TokenizerOptions.defaults()))
              .getMessage());
    }

    @Test
    void forAnotherCut() {
      String problem =
          "its 'normalizer', 'pre_tokenizer' and 'model.ignore_merges' together are not those of a"
              + " family that GGUF files have a name for; expected those of one of "
              + KNOWN;
      assertRefused(json -> json.putNull("normalizer"), problem);
      assertRefused(
          json -> {
            JsonNode split = json.path("pre_tokenizer").path("pretokenizers").path(0);
            ((ObjectNode) split.path("pattern")).put("Regex", "\\p{N}+");
            return json;
          },
          problem);
    }

    @Test
    void forTokensThatTakeBlanks() {
      assertRefused(
          json -> {
            ((ObjectNode) json.path("added_tokens").path(2)).put("lstrip", true);
            return json;
          },
          "added token '<|im_end|>' has 'lstrip'; expected none that has, since GGUF files cannot"
              + " say so");
    }

    @Test
    void forAnotherModel() {
      assertRefused(
          json -> {
            ((ObjectNode) json.path("model")).put("byte_fallback", true);
            return json;
          },
          "field 'model.byte_fallback' is true; expected false");
    }

    @Test
    void forOtherTokensAroundAText() {
      assertRefused(
          json -> {
            JsonNode processor =
                JsonMapper.shared()
                    .readTree(
                        """
                        {"type": "TemplateProcessing", "pair": [],
                         "single": [{"SpecialToken": {"id": "<think>", "type_id": 0}},
                                    {"Sequence": {"id": "A", "type_id": 0}}],
                         "special_tokens":
                           {"<think>": {"id": "<think>", "ids": [705], "tokens": ["<think>"]}}}
                        """);
            json.set("post_processor", processor);
            return json;
          },
          "it puts the tokens [705] around a text; expected none but the first and the last token,"
              + " 'bos_token' and 'eos_token'");
    }

    @Test
    void forMergesOfTokensWithBlanks() {
      folder
          .withTokenizerOf(
              "tokenizer-qwen",
              json -> {
                ObjectNode model = (ObjectNode) json.path("model");
                ((ObjectNode) model.path("vocab")).put("a b", 710).put("!a b", 711);
                ((ArrayNode) model.path("merges")).addArray().add("!").add("a b");
                return json;
              })
          .withConfigOf("tokenizer-qwen");
      assertEquals(
          temporary.resolve("tokenizer.json")
              + ": cannot be written into a GGUF file: merge '! a b' has a token with a blank;"
              + " expected tokens without. [MLA-0207]",
          assertThrows(
                  ModelException.class,
                  () -> GgufVocabulary.of(temporary, TokenizerOptions.defaults()))
              .getMessage());
    }
  }
}
