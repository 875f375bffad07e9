package org.mla4j.models.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.error.MlaException;
import org.mla4j.api.error.ModelException;
import tools.jackson.databind.node.ObjectNode;

class TokenizersTest {

  private static final String WITH_POST_PROCESSOR = "tokenizer";
  private static final String WITHOUT_POST_PROCESSOR = "tokenizer-deepseek-llm";

  @TempDir Path temporary;
  private TokenizerFolder folder;

  @BeforeEach
  void makeFolder() {
    folder = new TokenizerFolder(temporary);
  }

  @Test
  void opensTheDemoModel() {
    Path model = Golden.repository().resolve("demo-model");
    try (Tokenizer tokenizer = Tokenizers.open(model)) {
      assertEquals(640, tokenizer.vocabularySize());
      assertEquals(639, tokenizer.largestId());
      assertEquals(OptionalInt.of(635), tokenizer.bosToken());
      assertEquals(OptionalInt.of(636), tokenizer.eosToken());
      assertEquals(OptionalInt.of(639), tokenizer.idOf("<｜Assistant｜>"));
      assertEquals(Optional.of("<｜User｜>"), tokenizer.tokenOf(638));
      String text = "What is 17 + 25? 中文 😀";
      int[] ids = tokenizer.encode(text, true);
      assertEquals(635, ids[0]);
      assertEquals(text, tokenizer.decode(ids, true));
      assertEquals("<｜begin▁of▁sentence｜>" + text, tokenizer.decode(ids, false));
    }
  }

  @Test
  void opensTheFileAsWellAsTheFolder() {
    folder
        .withTokenizerOf(WITHOUT_POST_PROCESSOR)
        .withConfig("{\"eos_token\": \"<｜end▁of▁sentence｜>\"}");
    try (Tokenizer tokenizer = Tokenizers.open(temporary.resolve("tokenizer.json"))) {
      assertEquals(OptionalInt.of(1), tokenizer.eosToken());
      assertEquals(OptionalInt.empty(), tokenizer.bosToken());
    }
  }

  @Test
  void readsAVocabularyInOrder() {
    folder.withFile(
        "tokenizer.json",
        """
        {"version": "1.0", "added_tokens": [],
         "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["a", -1.0], ["ab", -1.5]]}}
        """);
    try (Tokenizer tokenizer = folder.open()) {
      assertEquals(3, tokenizer.vocabularySize());
      assertEquals(OptionalInt.of(2), tokenizer.idOf("ab"));
      assertArrayEquals(new int[] {2, 1}, tokenizer.encode("aba", false));
    }
  }

  /** It would take 64 MB as an array. */
  @Test
  void oneLargeIdTakesNoMoreMemoryThanASmallOne() {
    folder.withFile(
        "tokenizer.json",
        """
        {"version": "1.0", "added_tokens": [],
         "model": {"type": "WordLevel", "unk_token": "a", "vocab": {"a": 0, "b": 16777216}}}
        """);
    folder.open().close(); // classes, and the native library
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    try (Tokenizer tokenizer = folder.open()) {
      long bytes = threads.getCurrentThreadAllocatedBytes() - before;
      assertEquals(true, bytes < 5_000_000, () -> bytes + " bytes");
      assertEquals(2, tokenizer.vocabularySize());
      assertEquals(16777216, tokenizer.largestId());
      assertEquals(Optional.of("b"), tokenizer.tokenOf(16777216));
      assertEquals(Optional.empty(), tokenizer.tokenOf(5));
    }
  }

  @Test
  void answersForIdsAndTokensThatAreNone() {
    try (Tokenizer tokenizer = Tokenizers.open(Golden.folder("tokenizer"))) {
      assertEquals(OptionalInt.empty(), tokenizer.idOf("no such token"));
      assertEquals(Optional.empty(), tokenizer.tokenOf(737));
      assertEquals(Optional.empty(), tokenizer.tokenOf(-1));
      int[] ids = tokenizer.encode("ab", false);
      int[] withPadding = IntStream.concat(IntStream.of(760), Arrays.stream(ids)).toArray();
      assertEquals("ab", tokenizer.decode(withPadding, false));
    }
  }

  /** The library underneath cuts at 512 tokens unless told otherwise. */
  @Nested
  class Length {

    private static final String TEXT = "word and more of it ".repeat(400);

    @Test
    void isNotLimited() {
      try (Tokenizer tokenizer = Tokenizers.open(Golden.folder(WITH_POST_PROCESSOR))) {
        int[] ids = tokenizer.encode(TEXT, false);
        assertEquals(TEXT, tokenizer.decode(ids, false));
        assertEquals(true, ids.length > 2000, () -> ids.length + " ids");
      }
    }

    @Test
    void isNotChangedByWhatTheFileAsks() {
      UnaryOperator<ObjectNode> limited =
          json -> {
            json.putObject("truncation")
                .put("direction", "Right")
                .put("max_length", 5)
                .put("strategy", "LongestFirst")
                .put("stride", 0);
            ObjectNode padding = json.putObject("padding");
            padding.putObject("strategy").put("Fixed", 9);
            padding.put("direction", "Right").putNull("pad_to_multiple_of");
            padding.put("pad_id", 2).put("pad_type_id", 0).put("pad_token", "<｜▁pad▁｜>");
            return json;
          };
      folder.withTokenizerOf(WITH_POST_PROCESSOR, limited);
      try (Tokenizer tokenizer = folder.open();
          Tokenizer original = Tokenizers.open(Golden.folder(WITH_POST_PROCESSOR))) {
        assertArrayEquals(original.encode(TEXT, true), tokenizer.encode(TEXT, true));
        assertArrayEquals(original.encode("a", true), tokenizer.encode("a", true));
      }
    }
  }

  /** Who adds the tokens for the beginning and the end, and that nobody does so twice. */
  @Nested
  class TokensAroundAText {

    private static final String TOKENS =
        "\"bos_token\": \"<｜begin▁of▁sentence｜>\", \"eos_token\": \"<｜end▁of▁sentence｜>\"";

    @ParameterizedTest
    @CsvSource({
      "tokenizer, true, true",
      "tokenizer, false, false",
      "tokenizer, , true",
      "tokenizer-deepseek-llm, true, true",
      "tokenizer-deepseek-llm, false, false",
      "tokenizer-deepseek-llm, , false",
    })
    void honourAddBosToken(String golden, Boolean addBos, boolean expected) {
      folder
          .withTokenizerOf(golden)
          .withConfig("{" + TOKENS + ", \"add_bos_token\": " + addBos + "}");
      try (Tokenizer tokenizer = folder.open()) {
        for (String text : List.of("", "a", "<｜begin▁of▁sentence｜>", "x y z")) {
          int[] plain = tokenizer.encode(text, false);
          int[] begun = IntStream.concat(IntStream.of(0), Arrays.stream(plain)).toArray();
          assertArrayEquals(expected ? begun : plain, tokenizer.encode(text, true), text);
        }
      }
    }

    @Test
    void honourAddEosToken() {
      folder
          .withTokenizerOf(WITHOUT_POST_PROCESSOR)
          .withConfig("{" + TOKENS + ", \"add_bos_token\": true, \"add_eos_token\": true}");
      try (Tokenizer tokenizer = folder.open()) {
        assertArrayEquals(new int[] {0, 1}, tokenizer.encode("", true));
        assertArrayEquals(new int[] {}, tokenizer.encode("", false));
        int[] ids = tokenizer.encode("abc", true);
        assertEquals(0, ids[0]);
        assertEquals(1, ids[ids.length - 1]);
      }
    }

    @Test
    void mustBeInTheVocabulary() {
      folder.withTokenizerOf(WITHOUT_POST_PROCESSOR).withConfig("{\"bos_token\": \"<s>\"}");
      assertMessage(
          temporary.resolve("tokenizer_config.json")
              + ": field 'bos_token' is '<s>', which is not among the 657 tokens of tokenizer.json."
              + " [MLA-0207]",
          ModelException.class);
    }

    @Test
    void mustExistToBeAdded() {
      folder.withTokenizerOf(WITHOUT_POST_PROCESSOR).withConfig("{\"add_bos_token\": true}");
      assertMessage(
          temporary.resolve("tokenizer_config.json")
              + ": 'add_bos_token' is true, but there is no 'bos_token'. [MLA-0207]",
          ModelException.class);
    }
  }

  /** Every refusal, with its whole message. */
  @Nested
  class Refusals {

    @Test
    void ofAMissingFile() {
      assertMessage(
          "Tokenizer '" + temporary.resolve("tokenizer.json") + "' is missing. [MLA-0207]",
          ModelException.class);
    }

    @Test
    void ofAnotherForm() {
      folder.withFile("tokenizer.model", "").withFile("vocab.json", "{}");
      assertMessage(
          "Tokenizer '"
              + temporary.resolve("tokenizer.json")
              + "' is missing. The folder has tokenizer.model, vocab.json, which cannot be read;"
              + " transformers' AutoTokenizer writes a tokenizer.json with save_pretrained."
              + " [MLA-0207]",
          ModelException.class);
    }

    @Test
    void ofWhatIsNoJson() {
      folder.withFile("tokenizer.json", "{\"model\": ");
      MlaException refusal = assertThrows(ModelException.class, folder::open);
      assertEquals(
          true,
          refusal.getMessage().startsWith(temporary.resolve("tokenizer.json") + ": not JSON: "),
          refusal::getMessage);
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "[] | expected a JSON object",
          "{} | expected a field 'model' with a 'vocab'",
          "{\"model\": 1} | expected an object as 'model'",
          "{\"model\": {\"vocab\": 1}} | expected an object or a list as 'model.vocab'",
          "{\"model\": {\"vocab\": {\"a\": \"b\"}}} | expected integers as ids in 'model.vocab'",
          "{\"model\": {\"vocab\": {\"a\": -1}}} | expected ids between 0 and 16777216",
          "{\"model\": {\"vocab\": [[1]]}} | expected pairs of token and score in 'model.vocab'",
          "{\"added_tokens\": {}} | expected a list as 'added_tokens'",
          "{\"added_tokens\": [{\"id\": 1}]} | expected an integer as 'id' and a string as"
              + " 'content' in 'added_tokens'",
        })
    void ofAnotherStructure(String json, String expectation) {
      folder.withFile("tokenizer.json", json);
      assertMessage(
          temporary.resolve("tokenizer.json") + ": " + expectation + ". [MLA-0207]",
          ModelException.class);
    }

    @Test
    void ofWhatTheLibraryDoesNotKnow() {
      folder.withFile(
          "tokenizer.json",
          "{\"model\": {\"type\": \"Novel\", \"vocab\": {\"a\": 0}, \"merges\": []}}");
      MlaException refusal = assertThrows(ModelException.class, folder::open);
      assertEquals(
          true,
          refusal
              .getMessage()
              .startsWith(temporary.resolve("tokenizer.json") + ": not a tokenizer: "),
          refusal::getMessage);
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "[] | expected a JSON object",
          "{\"bos_token\": 1} | field 'bos_token' is malformed; expected a string, or an object"
              + " with a string as 'content'",
          "{\"eos_token\": {\"lstrip\": true}} | field 'eos_token' is malformed; expected a string,"
              + " or an object with a string as 'content'",
          "{\"add_bos_token\": \"yes\"} | field 'add_bos_token' is malformed; expected true or"
              + " false",
          "{\"chat_template\": [{\"name\": \"default\"}]} | field 'chat_template' is malformed;"
              + " expected a string, or a list of objects with 'name' and 'template'",
        })
    void ofAMalformedConfiguration(String json, String expectation) {
      folder.withTokenizerOf(WITHOUT_POST_PROCESSOR).withConfig(json);
      assertMessage(
          temporary.resolve("tokenizer_config.json") + ": " + expectation + ". [MLA-0207]",
          ModelException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ab\uD83D", "ab\uDE00", "ab\uD83Dx", "ab\uDE00\uD83D"})
    void ofHalfACharacter(String text) {
      try (Tokenizer tokenizer = Tokenizers.open(Golden.folder("tokenizer"))) {
        assertMessage(
            "The text has half a surrogate pair at index 2, which is no character. [MLA-0401]",
            InvalidInputException.class,
            () -> tokenizer.encode(text, false));
      }
    }

    @Test
    void ofANegativeId() {
      try (Tokenizer tokenizer = Tokenizers.open(Golden.folder("tokenizer"))) {
        assertMessage(
            "Token id -7 at index 1 is negative. [MLA-0401]",
            InvalidInputException.class,
            () -> tokenizer.decode(new int[] {3, -7}, false));
        assertMessage(
            "Token id -7 is negative. [MLA-0401]",
            InvalidInputException.class,
            () -> tokenizer.newDecoder(false).append(-7));
      }
    }

    @Test
    void ofCallsAfterClose() {
      Path file = Golden.folder("tokenizer").resolve("tokenizer.json");
      Tokenizer tokenizer = Tokenizers.open(file);
      tokenizer.close();
      tokenizer.close();
      assertMessage(
          "encode() on the closed tokenizer of '" + file + "'. [MLA-0403]",
          ClosedException.class,
          () -> tokenizer.encode("a", false));
      assertMessage(
          "decode() on the closed tokenizer of '" + file + "'. [MLA-0403]",
          ClosedException.class,
          () -> tokenizer.decode(new int[] {5}, false));
      Map<String, Executable> others =
          Map.of(
              "newDecoder", () -> tokenizer.newDecoder(false),
              "vocabularySize", tokenizer::vocabularySize,
              "largestId", tokenizer::largestId,
              "idOf", () -> tokenizer.idOf("a"),
              "tokenOf", () -> tokenizer.tokenOf(1),
              "bosToken", tokenizer::bosToken,
              "eosToken", tokenizer::eosToken);
      others.forEach((name, call) ->
          assertMessage(
              name + "() on the closed tokenizer of '" + file + "'. [MLA-0403]",
              ClosedException.class,
              call));
    }

    @Test
    void ofADecoderWhoseTokenizerIsClosed() {
      Path file = Golden.folder("tokenizer").resolve("tokenizer.json");
      Tokenizer tokenizer = Tokenizers.open(file);
      var decoder = tokenizer.newDecoder(false);
      tokenizer.close();
      assertMessage(
          "decode() on the closed tokenizer of '" + file + "'. [MLA-0403]",
          ClosedException.class,
          () -> decoder.append(5));
    }

    @Test
    void ofATextThatItHasNoTokenFor() {
      folder.withFile(
          "tokenizer.json",
          """
          {"version": "1.0", "added_tokens": [],
           "model": {"type": "WordLevel", "unk_token": "<unk>", "vocab": {"a": 0}}}
          """);
      try (Tokenizer tokenizer = folder.open()) {
        assertArrayEquals(new int[] {0}, tokenizer.encode("a", false));
        assertMessage(
            temporary.resolve("tokenizer.json")
                + ": encode() failed: WordLevel error: Missing [UNK] token from the vocabulary."
                + " [MLA-0207]",
            ModelException.class,
            () -> tokenizer.encode("b", false));
      }
    }

    /** Each of them ends the JVM if the library gets to see it. */
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "'decoder': {'type': 'Fuse', 'x': 1e400} | a number at line 1, column 35; expected one that"
              + " 64 bits can hold",
          "'decoder': {'type': 'Fuse', 'x': '\\ud800'} | a string with half a surrogate pair at line"
              + " 1, column 35; expected Unicode",
          "'post_processor': {'type': 'TemplateProcessing', 'single': [{'SpecialToken': {'id': '<s>',"
              + " 'type_id': 0}}, {'Sequence': {'id': 'A', 'type_id': 0}}], 'pair': [],"
              + " 'special_tokens': {'<t>': {'id': '<t>', 'ids': [0], 'tokens': ['a']}}} | a template"
              + " of field 'post_processor' has special token '<s>'; expected one of its"
              + " 'special_tokens': <t>",
        })
    void ofWhatWouldEndTheJvm(String fields, String problem) {
      folder.withFile(
          "tokenizer.json",
          "{%s, \"model\": {\"type\": \"WordLevel\", \"unk_token\": \"a\", \"vocab\": {\"a\": 0}}}"
              .formatted(fields.replace('\'', '"')));
      assertMessage(
          temporary.resolve("tokenizer.json") + ": " + problem + ". [MLA-0207]",
          ModelException.class);
    }

    @Test
    void ofJsonThatIsDeeperThanTheLibraryReads() {
      folder.withFile("tokenizer.json", "{\"decoder\": " + "[".repeat(101) + "]".repeat(101) + "}");
      MlaException refusal = assertThrows(ModelException.class, folder::open);
      assertEquals(
          true,
          refusal
              .getMessage()
              .startsWith(
                  temporary.resolve("tokenizer.json") + ": not JSON: Document nesting depth (101)"),
          refusal::getMessage);
    }

    @Test
    void ofAFileThatIsNoUtf8() throws IOException {
      Path file = temporary.resolve("tokenizer.json");
      Files.write(file, new byte[] {'{', (byte) 0xFF, '}'});
      assertMessage(
          file + ": has bytes that are no UTF-8; expected UTF-8. [MLA-0207]", ModelException.class);
    }

    @Test
    void ofAFileThatIsTooLargeToBeOne() throws IOException {
      Path file = temporary.resolve("tokenizer.json");
      try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
        sparse.setLength(3L << 30);
      }
      assertMessage(
          file + ": has 3221225472 bytes; expected at most 268435456. [MLA-0207]",
          ModelException.class);
    }

    @Test
    void ofADecoderAfterItsEnd() {
      try (Tokenizer tokenizer = Tokenizers.open(Golden.folder("tokenizer"))) {
        var decoder = tokenizer.newDecoder(false);
        decoder.finish();
        assertMessage(
            "append() on a decoder after finish(). [MLA-0403]",
            ClosedException.class,
            () -> decoder.append(5));
        assertMessage(
            "finish() on a decoder after finish(). [MLA-0403]",
            ClosedException.class,
            decoder::finish);
      }
    }
  }

  @Test
  void servesManyThreadsAndWaitsForThemToClose() throws Exception {
    Golden golden = Golden.read("tokenizer-qwen");
    Tokenizer tokenizer = Tokenizers.open(Golden.folder("tokenizer-qwen"));
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<?>> results = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        results.add(threads.submit(() -> golden.encode().forEach(e -> check(tokenizer, e))));
      }
      for (Future<?> result : results) {
        result.get();
      }
      List<Future<?>> late =
          Stream.generate(() -> threads.<Object>submit(() -> encodeForEver(tokenizer)))
              .limit(4)
              .<Future<?>>map(future -> future)
              .toList();
      tokenizer.close();
      for (Future<?> result : late) {
        ExecutionException end = assertThrows(ExecutionException.class, result::get);
        assertEquals(ClosedException.class, end.getCause().getClass());
      }
    }
  }

  private static Object encodeForEver(Tokenizer tokenizer) {
    while (true) {
      tokenizer.encode("some words to encode", true);
    }
  }

  private static void check(Tokenizer tokenizer, Golden.Encoded expected) {
    assertArrayEquals(expected.ids(), tokenizer.encode(expected.text(), false));
    assertEquals(expected.decoded(), tokenizer.decode(expected.ids(), false));
  }

  private void assertMessage(String message, Class<? extends MlaException> type) {
    assertMessage(message, type, folder::open);
  }

  private static void assertMessage(
      String message, Class<? extends MlaException> type, Executable call) {
    assertEquals(message, assertThrows(type, call).getMessage());
  }
}
