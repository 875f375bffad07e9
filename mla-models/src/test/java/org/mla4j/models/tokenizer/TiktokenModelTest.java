package org.mla4j.models.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Folders in the manner of Kimi: ranks instead of a {@code tokenizer.json}. */
class TiktokenModelTest {
  private static final String GOLDEN = "tokenizer-qwen";

  private static final String CONFIG =
      """
      {"bos_token": "[BOS]", "eos_token": "<|im_end|>", "unk_token": "[UNK]",
       "added_tokens_decoder": {
         "BASE+0": {"content": "[BOS]", "special": true, "lstrip": false},
         "BASE+2": {"content": "<|im_end|>", "special": true},
         "BASE+3": {"content": "<think>", "special": false},
         "BASE+255": {"content": "[UNK]", "special": true}},
       "chat_template": "{{ bos_token }}{% for m in messages %}<think>{{ m.content }}{% endfor %}"}
      """;

  @TempDir Path temporary;
  private TokenizerFolder folder;

  @BeforeEach
  void makeFolder() {
    folder = new TokenizerFolder(temporary);
  }

  /** A vocabulary of all bytes, in their order, and these words, whose ranks follow. */
  private Tokenizer open(String... words) {
    List<byte[]> tokens = new ArrayList<>(bytes());
    Arrays.stream(words).map(word -> word.getBytes(StandardCharsets.UTF_8)).forEach(tokens::add);
    return write(tokens).withConfig(config(tokens.size())).open();
  }

  private static String config(int base) {
    String json = CONFIG;
    for (int offset : new int[] {255, 0, 2, 3}) {
      json = json.replace("BASE+" + offset + "\"", (base + offset) + "\"");
    }
    return json;
  }

  private static List<byte[]> bytes() {
    return IntStream.range(0, 256).mapToObj(value -> new byte[] {(byte) value}).toList();
  }

  private TokenizerFolder write(List<byte[]> tokens) {
    StringBuilder lines = new StringBuilder();
    for (int rank = 0; rank < tokens.size(); rank++) {
      lines.append(Base64.getEncoder().encodeToString(tokens.get(rank)));
      lines.append(' ').append(rank).append('\n');
    }
    return folder.withFile("tiktoken.model", lines.toString());
  }

  private static List<String> split(Tokenizer tokenizer, String text) {
    List<String> words = new ArrayList<>();
    for (int id : tokenizer.encode(text, false)) {
      words.add(tokenizer.decode(new int[] {id}, false));
    }
    return words;
  }

  /** The ranks of a golden tokenizer, with its cut into words: its ids, of every string. */
  @Test
  void ranksGiveTheIdsThatMergesGive() throws IOException {
    JsonNode json =
        JsonMapper.shared()
            .readTree(Files.readString(Golden.folder(GOLDEN).resolve("tokenizer.json")));
    Map<Integer, byte[]> tokens = new TreeMap<>();
    json.path("model")
        .path("vocab")
        .properties()
        .forEach(entry -> tokens.put(entry.getValue().asInt(), decode(entry.getKey())));
    StringBuilder added = new StringBuilder();
    json.path("added_tokens")
        .forEach(token ->
            added
                .append(added.isEmpty() ? "" : ", ")
                .append('"')
                .append(token.path("id").asInt())
                .append("\": ")
                .append(token));
    write(List.copyOf(tokens.values())).withConfig("{\"added_tokens_decoder\": {" + added + "}}");
    GgufVocabulary vocabulary =
        TiktokenModel.read(
            temporary.resolve("tiktoken.model"),
            TokenizerConfig.read(temporary.resolve("tokenizer_config.json")),
            PreTokenization.named("qwen2").orElseThrow());
    Path file = MetadataFile.write(temporary.resolve("model.gguf"), vocabulary.metadata());
    Golden golden = Golden.read(GOLDEN);
    try (Tokenizer tokenizer = Tokenizers.open(file)) {
      for (Golden.Encoded expected : golden.encode()) {
        assertArrayEquals(expected.ids(), tokenizer.encode(expected.text(), false), expected::text);
        assertEquals(expected.decoded(), tokenizer.decode(expected.ids(), false));
      }
      for (Golden.Decoded expected : golden.decode()) {
        assertEquals(expected.decodedSkipSpecial(), tokenizer.decode(expected.ids(), true));
      }
    }
  }

  /** Back from the alphabet of byte-level vocabularies. */
  private static byte[] decode(String token) {
    byte[] bytes = new byte[token.length()];
    for (int i = 0; i < bytes.length; i++) {
      for (int value = 0; value < 256; value++) {
        if (ByteAlphabet.write(value).charAt(0) == token.charAt(i)) {
          bytes[i] = (byte) value;
        }
      }
    }
    return bytes;
  }

  /** "abc" alone arrives at "ab" and "c", since "ab" has the lower rank. */
  @Test
  void mergesFollowFromRanks() {
    assertEquals(
        List.of("a b", "b c", "ab c", "abc d"),
        RankedMerges.of(List.of("a", "b", "c", "d", "ab", "bc", "abc", "abcd", "xyz")));
  }

  /** Whole words are tokens here, so that each is what it was cut into. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "中文汉字;中文汉字",
        "中文abc;中文|abc",
        "abc中文;abc|中文",
        " 中文; |中文",
        "12345678;123|456|78",
        "a1b;a|1|b",
        "HelloWorld;Hello|World",
        "helloWORLDfoo;hello|WORLDfoo",
        "HTTPServer;HTTPServer",
        "it's;it's",
        "IT'S done;IT'S| done",
        "we'll've;we'll|'ve",
        "a  b;a| | b",
        "  a; | a",
        "x, y;x|,| y",
        "?!\\n\\nz;?!\\n\\n|z",
        "a \\n b;a| \\n| b",
        "ひらがな漢字;ひらがな|漢字",
        "end   ;end|   ",
      })
  void cutsTextsIntoTheWordsOfTheFamily(String text, String words) {
    List<String> expected = List.of(unescape(words).split("\\|"));
    String[] vocabulary =
        expected.stream()
            .filter(word -> word.getBytes(StandardCharsets.UTF_8).length > 1)
            .distinct()
            .toArray(String[]::new);
    try (Tokenizer tokenizer = open(vocabulary)) {
      assertEquals(expected, split(tokenizer, unescape(text)));
    }
  }

  private static String unescape(String text) {
    return text.replace("\\n", "\n");
  }

  @Test
  void namesTheTokensBehindTheRanks() {
    try (Tokenizer tokenizer = open("ab")) {
      assertEquals(257 + 256, tokenizer.vocabularySize());
      assertEquals(257 + 255, tokenizer.largestId());
      assertEquals(OptionalInt.of(257), tokenizer.bosToken());
      assertEquals(OptionalInt.of(259), tokenizer.eosToken());
      assertEquals(Optional.of("<|reserved_token_258|>"), tokenizer.tokenOf(258));
      assertEquals(Optional.of("[UNK]"), tokenizer.tokenOf(512));
      assertArrayEquals(
          new int[] {257, 'a', 258, 256, 260},
          tokenizer.encode("[BOS]a<|reserved_token_258|>ab<think>", true));
      assertEquals("aab<think>", tokenizer.decode(new int[] {257, 'a', 258, 256, 260}, true));
      ChatPrompt prompt =
          ChatFormat.load(temporary, tokenizer)
              .format(Map.of("messages", List.of(Map.of("content", "ab"))));
      assertArrayEquals(new int[] {257, 260, 256}, prompt.ids());
    }
  }

  @Test
  void canBeWrittenIntoAGgufFileAndWithoutMergesToo() {
    try (Tokenizer original = open("ab", "abc", " ab", "中文")) {
      GgufVocabulary vocabulary = GgufVocabulary.of(temporary, TokenizerOptions.defaults());
      assertEquals("kimi-k2", vocabulary.pre());
      Map<String, Object> values = vocabulary.metadata();
      for (boolean merges : new boolean[] {true, false}) {
        if (!merges) {
          values.remove("tokenizer.ggml.merges");
        }
        Path file = MetadataFile.write(temporary.resolve("model.gguf"), values);
        try (Tokenizer tokenizer = Tokenizers.open(file)) {
          for (String text : List.of("abcab ab", "[BOS]中文中 abc<think>", "Abc'll 1234")) {
            assertArrayEquals(original.encode(text, true), tokenizer.encode(text, true));
          }
          assertEquals(original.largestId(), tokenizer.largestId());
        }
      }
    }
  }

  @Test
  void aTokenizerJsonBesideItCountsMore() {
    open("ab").close();
    folder.withTokenizerOf(GOLDEN).withConfigOf(GOLDEN);
    try (Tokenizer tokenizer = folder.open()) {
      assertEquals(707, tokenizer.vocabularySize());
    }
  }

  @Test
  void aLongTextIsNotCut() {
    try (Tokenizer tokenizer = open("word")) {
      // Only the first is a word of its own; the others begin with a blank and are bytes.
      assertEquals(4_000 * 9 - 3, tokenizer.encode("word and ".repeat(4_000), false).length);
    }
  }

  /** Every refusal, with its whole message. */
  @Nested
  class Refusals {
    private void assertRefused(String lines, String problem) {
      folder.withFile("tiktoken.model", lines);
      folder.assertRefused(temporary.resolve("tiktoken.model") + ": " + problem + " [MLA-0207]");
    }

    @Test
    void ofALineWithoutARank() {
      assertRefused(
          "YQ== 0\nYg==\n", "line 2 has 'Yg=='; expected a token in base64, a blank, a rank.");
    }

    @Test
    void ofWhatIsNoBase64() {
      assertRefused(
          "YQ== 0\n\nY!== 1\n",
          "line 3 has 'Y!=='; expected a token of at least one byte in base64.");
    }

    @Test
    void ofATokenOfNoBytes() {
      assertRefused("= 0\n", "line 1 has '='; expected a token of at least one byte in base64.");
    }

    @Test
    void ofAGapAmongTheRanks() {
      assertRefused(
          "YQ== 0\nYg== 2\n",
          "line 2 has rank '2'; expected 1, one more than the line before, from 0.");
    }

    @Test
    void ofARankThatIsThereTwice() {
      assertRefused(
          "YQ== 0\nYg== 0\n",
          "line 2 has rank '0'; expected 1, one more than the line before, from 0.");
    }

    @Test
    void ofATokenThatIsThereTwice() {
      assertRefused(
          "YQ== 0\nYQ== 1\n", "line 2 has the token of rank 0; expected each token once.");
    }

    @Test
    void ofAByteWithoutAToken() {
      assertRefused(
          bytes().stream()
              .limit(254)
              .map(token -> Base64.getEncoder().encodeToString(token) + " " + (token[0] & 0xFF))
              .collect(Collectors.joining("\n")),
          "254 tokens, none of them for the bytes fe ff; expected one for each byte.");
    }

    @Test
    void ofNamesAmongTheRanks() {
      write(bytes()).withConfig("{\"added_tokens_decoder\": {\"255\": {\"content\": \"x\"}}}");
      folder.assertRefused(
          temporary.resolve("tokenizer_config.json")
              + ": field 'added_tokens_decoder' has id 255; expected ids from 256, which follow the"
              + " ranks of tiktoken.model, to 16777216. [MLA-0207]");
    }

    @Test
    void ofANameThatIsThereTwice() {
      write(bytes())
          .withConfig(
              "{\"added_tokens_decoder\": {\"256\": {\"content\": \"x!\"},"
                  + " \"258\": {\"content\": \"x!\"}}}");
      folder.assertRefused(
          temporary.resolve("tokenizer_config.json")
              + ": field 'added_tokens_decoder' names token 258 'x!', as token 256 is; expected each"
              + " token once. [MLA-0207]");
    }

    @Test
    void ofMalformedNames() {
      write(bytes()).withConfig("{\"added_tokens_decoder\": {\"first\": {\"content\": \"x\"}}}");
      folder.assertRefused(
          temporary.resolve("tokenizer_config.json")
              + ": field 'added_tokens_decoder' is malformed; expected objects with a string as"
              + " 'content', by id. [MLA-0207]");
    }

    @Test
    void ofARoleWithoutAToken() {
      write(bytes()).withConfig("{\"bos_token\": \"<s>\"}");
      folder.assertRefused(
          temporary.resolve("tokenizer_config.json")
              + ": field 'bos_token' is '<s>', which is not among the 512 tokens of tiktoken.model."
              + " [MLA-0207]");
    }
  }
}
