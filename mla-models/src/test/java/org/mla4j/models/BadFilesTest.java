package org.mla4j.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.error.MlaException;
import org.mla4j.api.error.ModelException;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.testing.EditedCheckpoint;
import org.mla4j.models.testing.SafetensorsFile;

/**
 * What can be wrong with the files of a model, one group for each line of the list that the library
 * is accepted by. Each is refused where a user meets it, at {@link LanguageModel#open} or {@link
 * LanguageModel#start}, with file, field, what was given and what was expected.
 *
 * <p>Every variant of a group is tested beside the code that refuses it: headers in
 * MalformedHeaderTest, shards in CheckpointTest, configurations in DeepseekRefusalTest and
 * ModelConfigTest, tokenizers in TokenizersTest, weights in WeightScanTest and CheckedWeightsTest.
 * That nothing else than such a refusal happens, whatever is wrong, is tested in MutatedFilesTest.
 */
@DisplayName("Bad files are refused")
class BadFilesTest {
  private static final String GOLDEN = "deepseek-v3-tiny";
  private static final String NORM = "model.norm.weight";

  @TempDir Path folder;
  private Path weights;
  private Path config;

  @BeforeEach
  void namePaths() {
    weights = folder.resolve("model.safetensors");
    config = folder.resolve("config.json");
  }

  @Test
  void theModelThatIsDamagedHereIsSound() {
    model().writeModel();
    try (LanguageModel model = LanguageModel.open(folder);
        TextEngine engine = model.start(oneThread().build())) {
      assertEquals(
          1,
          engine
              .generate("a", TextOptions.builder().maxTokens(1).build())
              .result()
              .tokens()
              .size());
    }
  }

  @Nested
  @DisplayName("a header that is truncated")
  class TruncatedHeader {
    @Test
    void withinItsLength() {
      model().writeModel();
      editWeights(bytes -> Arrays.copyOf(bytes, 5));
      assertNotOpened(
          weights
              + ": the file has 5 bytes; expected at least the 8 of the header's length."
              + " [MLA-0204]");
    }

    @Test
    void withinItsText() {
      model().writeModel();
      long length = headerLength();
      editWeights(bytes -> Arrays.copyOf(bytes, 1000));
      assertNotOpened(
          weights
              + ": the header's length is "
              + length
              + " bytes; expected at most 992 in a file of 1000 bytes. [MLA-0204]");
    }

    @Test
    void withinTheData() {
      model().writeModel();
      int size = (int) weights.toFile().length();
      long data = size - 8 - headerLength() - 1;
      editWeights(bytes -> Arrays.copyOf(bytes, size - 1));
      String message = assertThrows(ModelException.class, BadFilesTest.this::open).getMessage();
      assertTrue(
          message.startsWith(weights + ": tensor '")
              && message.endsWith(
                  "]; expected a range within the " + data + " bytes of data. [MLA-0204]"),
          message);
    }
  }

  @ParameterizedTest(name = "a header length of {0}, beyond the file")
  @CsvSource({"9223372036854775807, 9223372036854775807", "-1, 18446744073709551615"})
  void headerLengthBeyondTheFile(long length, String shown) {
    model().writeModel();
    editWeights(bytes -> {
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
      return bytes;
    });
    long size = weights.toFile().length();
    assertNotOpened(
        weights
            + ": the header's length is "
            + shown
            + " bytes; expected at most "
            + (size - 8)
            + " in a file of "
            + size
            + " bytes. [MLA-0204]");
  }

  @Test
  @DisplayName("offsets that overlap")
  void overlappingOffsets() {
    model().header("lm_head.weight", "data_offsets", "[0,245760]").writeModel();
    assertNotOpened(
        weights
            + ": tensors 'model.embed_tokens.weight' and 'lm_head.weight' overlap: their"
            + " data_offsets are [0, 245760] and [0, 245760]; expected no byte to belong to two."
            + " [MLA-0204]");
  }

  @ParameterizedTest(name = "offsets out of range: {0}")
  @CsvSource(
      delimiter = '|',
      value = {"[-2, 318]", "[0, 99999999]", "[320, 0]", "[9007199254740991, 9007199254741311]"})
  void offsetsOutOfRange(String offsets) {
    model().header(NORM, "data_offsets", offsets).writeModel();
    long data = weights.toFile().length() - 8 - headerLength();
    assertNotOpened(
        weights
            + ": tensor 'model.norm.weight' has data_offsets "
            + offsets
            + "; expected a range within the "
            + data
            + " bytes of data. [MLA-0204]");
  }

  @Test
  @DisplayName("an unknown dtype")
  void unknownDtype() {
    model().header(NORM, "dtype", "'F4_E2M1'").writeModel();
    assertNotOpened(
        weights
            + ": tensor 'model.norm.weight' has dtype \"F4_E2M1\"; expected one of F64, F32, F16,"
            + " BF16, F8_E4M3, F8_E5M2, F8_E8M0, I64, I32, I16, I8, U64, U32, U16, U8, BOOL."
            + " [MLA-0205]");
  }

  @Nested
  @DisplayName("a wrong shape")
  class WrongShape {
    @Test
    void ofOtherBytes() {
      model().header(NORM, "shape", "[161]").writeModel();
      assertNotOpened(
          weights
              + ": tensor 'model.norm.weight', BF16 [161], needs 322 bytes; its data_offsets give"
              + " 320. [MLA-0204]");
    }

    @Test
    void ofAsManyBytes() {
      model().reshape(NORM, 2, 80).writeModel();
      assertNotStarted(
          "Checkpoint '"
              + folder
              + "', tensor 'model.norm.weight': expected [hidden_size] = [160], found [2, 80]."
              + " [MLA-0203]");
    }
  }

  @Nested
  @DisplayName("a tensor that is there twice")
  class DuplicateTensor {
    @Test
    void inOneHeader() {
      model().writeModel();
      byte[] data = new byte[8];
      SafetensorsFile.write(
          weights,
          "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
              + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
          data);
      assertNotOpened(
          weights
              + ": the header: not valid JSON at line 1, column 58: Duplicate Object property \"a\"."
              + " [MLA-0204]");
    }

    @Test
    void inTwoShards() {
      shards();
      SafetensorsFile file = new SafetensorsFile().floats("a", new float[1], 1);
      file.write(folder.resolve("one.safetensors"));
      file.write(folder.resolve("two.safetensors"));
      assertNotOpened(
          "Tensor 'a' is in two files: '"
              + folder.resolve("one.safetensors")
              + "' and '"
              + folder.resolve("two.safetensors")
              + "'. [MLA-0204]");
    }
  }

  @Test
  @DisplayName("a shard that is missing")
  void missingShard() throws IOException {
    shards();
    Files.delete(folder.resolve("two.safetensors"));
    assertNotOpened(
        folder.resolve("model.safetensors.index.json")
            + ": file '"
            + folder.resolve("two.safetensors")
            + "' is missing. [MLA-0204]");
  }

  @ParameterizedTest(name = "a shard outside the folder: {0}")
  @CsvSource({"../two.safetensors", "/etc/hosts", "a/../../two.safetensors", ".."})
  void shardOutsideTheFolder(String name) {
    shards();
    index("one.safetensors", name);
    assertNotOpened(
        folder.resolve("model.safetensors.index.json")
            + ": shard '"
            + name
            + "' lies outside the folder; expected a name within it. [MLA-0204]");
  }

  static Stream<Arguments> contradictions() {
    return Stream.of(
        arguments(
            "num_key_value_heads",
            "3",
            "num_attention_heads = 4, since every head has keys and values of its own"),
        arguments("n_group", "5", "a divisor of n_routed_experts = 16"),
        arguments("topk_group", "5", "1 to n_group = 4"),
        arguments("num_experts_per_tok", "17", "1 to n_routed_experts = 16"),
        arguments("qk_rope_head_dim", "7", "an even number, since elements turn in pairs"),
        arguments(
            "num_hidden_layers",
            "5",
            "fewer, since the checkpoint has no tensor 'model.layers.4.*'"),
        arguments("eos_token_id", "768", "ids from 0 to 767, the vocabulary of the model"));
  }

  @ParameterizedTest(name = "a configuration that contradicts itself: {0} = {1}")
  @MethodSource("contradictions")
  void contradictoryConfiguration(String field, String value, String expected) {
    model().config(field, value).writeModel();
    String given = field.equals("eos_token_id") ? "[768]" : value;
    assertNotOpened(
        config + ": field '" + field + "' is " + given + "; expected " + expected + ". [MLA-0206]");
  }

  @ParameterizedTest(name = "a configuration that contradicts the tensors: {0} = {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "kv_lora_rank | 65 | model.layers.0.self_attn.kv_a_proj_with_mqa.weight |"
            + " [kv_lora_rank + qk_rope_head_dim, hidden_size] = [81, 160] | [80, 160]",
        "q_lora_rank | 32 | model.layers.0.self_attn.q_a_proj.weight |"
            + " [q_lora_rank, hidden_size] = [32, 160] | [96, 160]",
        "num_attention_heads | 2147483647 | model.layers.0.self_attn.q_b_proj.weight |"
            + " [num_attention_heads * (qk_nope_head_dim + qk_rope_head_dim), q_lora_rank] ="
            + " [103079215056, 96] | [192, 96]",
        "vocab_size | 2147483647 | model.embed_tokens.weight |"
            + " [vocab_size, hidden_size] = [2147483647, 160] | [768, 160]"
      })
  void configurationThatContradictsTheTensors(
      String field, String value, String tensor, String expected, String found) {
    model()
        .config(field, value)
        .config("num_key_value_heads", field.equals("num_attention_heads") ? value : "4")
        .writeModel();
    assertNotStarted(
        "Checkpoint '"
            + folder
            + "', tensor '"
            + tensor
            + "': expected "
            + expected
            + ", found "
            + found
            + ". [MLA-0203]");
  }

  @Test
  @DisplayName("a tokenizer that is larger than the vocabulary")
  void tokenizerLargerThanTheVocabulary() {
    model().config("vocab_size", "500").config("eos_token_id", "1").writeModel();
    assertNotOpened(
        folder.resolve("tokenizer.json")
            + ": the largest token id is 736; expected at most 499, since '"
            + config
            + "' says that the model has 500 (vocab_size). [MLA-0207]");
  }

  @Nested
  @DisplayName("a prompt that is longer than the model's positions")
  class TooLongPrompt {
    @Test
    void ofIdsOrText() {
      model().config("max_position_embeddings", "32").config("rope_scaling", null).writeModel();
      String text = "word ".repeat(100);
      try (LanguageModel model = LanguageModel.open(folder);
          TextEngine engine = model.start(oneThread().build())) {
        int tokens = model.tokenizer().encode(text, true).length;
        InvalidInputException e =
            assertThrows(
                InvalidInputException.class, () -> engine.generate(text, TextOptions.defaults()));
        assertEquals(
            "Prompt of "
                + tokens
                + " tokens; expected at most 31, since a sequence of this engine has at most 32"
                + " tokens (option maxSequenceLength; the model has 32 positions). [MLA-0402]",
            e.getMessage());
      }
    }

    @Test
    void asAnOptionOfTheEngine() {
      model().config("max_position_embeddings", "32").config("rope_scaling", null).writeModel();
      try (LanguageModel model = LanguageModel.open(folder)) {
        EngineOptions options = oneThread().maxSequenceLength(33).build();
        InvalidInputException e =
            assertThrows(InvalidInputException.class, () -> model.start(options).close());
        assertEquals(
            "Option maxSequenceLength = 33; model '"
                + folder.getFileName()
                + "' has 32 positions. [MLA-0401]",
            e.getMessage());
      }
    }
  }

  @Test
  @DisplayName("not refused, but warned of: weights that are NaN")
  void weightsThatAreNan() {
    model().bytes(NORM, bytes -> bytes.putShort(14, (short) 0x7FC0)).writeModel();
    List<String> warnings = new ArrayList<>();
    LanguageModel.open(folder, LoadOptions.builder().warnings(warnings::add).build()).close();
    assertEquals(
        weights
            + ": tensor 'model.norm.weight', BF16 [160], has 1 element that is NaN or infinite, at"
            + " index 7; expected finite numbers.",
        warnings.getFirst());
  }

  private EditedCheckpoint model() {
    return EditedCheckpoint.of(GOLDEN, folder);
  }

  private void shards() {
    model().writeModel();
    try {
      Files.delete(weights);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    new SafetensorsFile().floats("a", new float[1], 1).write(folder.resolve("one.safetensors"));
    new SafetensorsFile().floats("b", new float[1], 1).write(folder.resolve("two.safetensors"));
    index("one.safetensors", "two.safetensors");
  }

  private void index(String first, String second) {
    try {
      Files.writeString(
          folder.resolve("model.safetensors.index.json"),
          "{\"weight_map\":{\"a\":\"%s\",\"b\":\"%s\"}}".formatted(first, second),
          StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void editWeights(UnaryOperator<byte[]> edit) {
    try {
      Files.write(weights, edit.apply(Files.readAllBytes(weights)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private long headerLength() {
    try {
      return ByteBuffer.wrap(Files.readAllBytes(weights)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void open() {
    LanguageModel.open(folder).close();
  }

  private void assertNotOpened(String message) {
    assertEquals(message, assertThrows(ModelException.class, this::open).getMessage());
  }

  private void assertNotStarted(String message) {
    try (LanguageModel model = LanguageModel.open(folder)) {
      EngineOptions options = oneThread().build();
      MlaException e = assertThrows(ModelException.class, () -> model.start(options).close());
      assertEquals(message, e.getMessage());
    }
  }

  private static EngineOptions.Builder oneThread() {
    return EngineOptions.builder().threads(1);
  }
}
