package org.mla4j.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.spec.NormSpec;

/** Fields of a configuration come typed, or with an error that names file and field. */
class ModelConfigTest {
  private static final String JSON =
      """
      {
        "layers": 3,
        "zero": 0,
        "eps": 1e-6,
        "whole": 4.0,
        "below": -1,
        "endless": 1e400,
        "long": 1%s,
        "large": 2147483648,
        "text": "silu",
        "yes": true,
        "nothing": null,
        "one": 7,
        "many": [1, 2],
        "names": ["a", "b"],
        "mixed": ["a", 1],
        "rope_scaling": {"factor": 40, "type": "yarn", "inner": {"deep": "x"}}
      }
      """
          .formatted("0".repeat(400));

  @TempDir Path folder;

  @Test
  void readsWhatIsThere() {
    ModelConfig config = config(JSON);
    assertEquals(folder.resolve("config.json"), config.file());
    assertEquals(3, config.intField("layers"));
    assertEquals(3, config.positiveInt("layers"));
    assertEquals(0, config.intField("zero"));
    assertEquals(3, config.count("layers"));
    assertEquals(0, config.count("zero"));
    assertEquals(OptionalInt.of(7), config.optionalInt("one"));
    assertEquals(1e-6, config.doubleField("eps"));
    assertEquals(3, config.doubleField("layers"));
    assertEquals(Optional.of("silu"), config.optionalString("text"));
    assertEquals("silu", config.choice("text", "gelu", "silu", "gelu"));
    assertTrue(config.booleanField("yes", false));
    assertArrayEquals(new int[] {7}, config.ints("one"));
    assertArrayEquals(new int[] {1, 2}, config.ints("many"));
    assertEquals(List.of("a", "b"), config.strings("names"));
    assertEquals(40, config.section("rope_scaling").orElseThrow().doubleField("factor"));
  }

  @Test
  void nullCountsAsAbsent() {
    ModelConfig config = config(JSON);
    for (String field : List.of("nothing", "unknown")) {
      assertFalse(config.has(field));
      assertEquals(0, config.count(field));
      assertEquals(OptionalInt.empty(), config.optionalInt(field));
      assertEquals(OptionalDouble.empty(), config.optionalDouble(field));
      assertEquals(Optional.empty(), config.optionalString(field));
      assertEquals("gelu", config.choice(field, "gelu", "silu", "gelu"));
      assertTrue(config.booleanField(field, true));
      assertArrayEquals(new int[0], config.ints(field));
      assertEquals(List.of(), config.strings(field));
      assertTrue(config.section(field).isEmpty());
    }
  }

  static Stream<Arguments> refusals() {
    return Stream.of(
        refusal(c -> c.intField("unknown"), "'unknown' is missing; expected an integer"),
        refusal(c -> c.intField("nothing"), "'nothing' is missing; expected an integer"),
        refusal(c -> c.intField("eps"), "'eps' is 1.0E-6; expected an integer"),
        refusal(c -> c.intField("whole"), "'whole' is 4.0; expected an integer"),
        refusal(c -> c.intField("large"), "'large' is 2147483648; expected an integer"),
        refusal(c -> c.intField("text"), "'text' is \"silu\"; expected an integer"),
        refusal(c -> c.positiveInt("zero"), "'zero' is 0; expected a positive integer"),
        refusal(c -> c.positiveInt("nil"), "'nil' is missing; expected a positive integer"),
        refusal(c -> c.count("below"), "'below' is -1; expected 0 or more"),
        refusal(c -> c.count("whole"), "'whole' is 4.0; expected an integer"),
        refusal(
            c -> c.doubleField("endless"),
            "'endless' is Infinity; expected a number that 64 bits can hold"),
        refusal(
            c -> c.doubleField("long"),
            "'long' is 1" + "0".repeat(59) + "...; expected a number that 64 bits can hold"),
        refusal(c -> c.doubleField("text"), "'text' is \"silu\"; expected a number"),
        refusal(c -> c.doubleField("nil"), "'nil' is missing; expected a number"),
        refusal(c -> c.booleanField("one", true), "'one' is 7; expected true or false"),
        refusal(c -> c.optionalString("yes"), "'yes' is true; expected a string"),
        refusal(c -> c.choice("text", "a", "a", "b"), "'text' is \"silu\"; expected one of a, b"),
        refusal(
            c -> c.ints("names"),
            "'names' is [\"a\",\"b\"]; expected an integer or a list of integers"),
        refusal(c -> c.strings("mixed"), "'mixed' is [\"a\",1]; expected a list of strings"),
        refusal(c -> c.section("many"), "'many' is [1,2]; expected an object"),
        refusal(
            c -> c.section("rope_scaling").orElseThrow().intField("type"),
            "'rope_scaling.type' is \"yarn\"; expected an integer"),
        refusal(
            c -> inner(c).intField("deep"),
            "'rope_scaling.inner.deep' is \"x\"; expected an integer"));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("refusals")
  void refuses(Consumer<ModelConfig> call, String problem) {
    ModelConfig config = config(JSON);
    ModelException e = assertThrows(ModelException.class, () -> call.accept(config));
    assertEquals(
        folder.resolve("config.json") + ": field " + problem + ". [MLA-0206]", e.getMessage());
  }

  @Test
  void showsTheBeginningOfALongValue() {
    ModelConfig config = config("{\"a\": [" + "1, ".repeat(1000) + "1]}");
    ModelException e = assertThrows(ModelException.class, () -> config.intField("a"));
    assertEquals(
        folder.resolve("config.json")
            + ": field 'a' is ["
            + "1,".repeat(29)
            + "1...; expected an integer. [MLA-0206]",
        e.getMessage());
  }

  @Test
  void namesTheFileWhenFieldsDoNotFitTogether() {
    ModelConfig config = config(JSON);
    ModelException e =
        assertThrows(ModelException.class, () -> config.checked(() -> new NormSpec(-1)));
    assertEquals(
        folder.resolve("config.json")
            + ": NormSpec: eps = -1.0; expected a positive finite number. [MLA-0206]",
        e.getMessage());
    assertEquals(new NormSpec(1), config.checked(() -> new NormSpec(1)));
  }

  @Test
  void refusesWhatIsNoConfiguration() {
    Path file = folder.resolve("config.json");
    assertRefused(file + ": no such file. [MLA-0206]");
    write("[1]");
    assertRefused(file + ": expected a JSON object. [MLA-0206]");
    write("");
    assertRefused(file + ": expected a JSON object. [MLA-0206]");
    write("{\n\"a\": }");
    assertRefused(
        file
            + ": not valid JSON at line 2, column 6: Unexpected character ('}' (code 125)):"
            + " expected a value. [MLA-0206]");
    write("{\"a\": 1, \"a\": 2}");
    assertRefused(
        file
            + ": not valid JSON at line 1, column 13: Duplicate Object property \"a\"."
            + " [MLA-0206]");
  }

  @Test
  void refusesBytesThatAreNotEvenCharacters() throws IOException {
    // As UTF-32, which the first bytes look like.
    Files.write(folder.resolve("config.json"), new byte[] {0, 0, 0, '{', 1, 2, 3, 4});
    assertRefused(
        folder.resolve("config.json")
            + ": not valid JSON: Invalid UTF-32 character 0x1010304 (above 0x0010ffff) at char #1,"
            + " byte #7). [MLA-0206]");
  }

  @Test
  void refusesAFileThatIsTooLargeToBeOne() throws IOException {
    Path file = write("{}");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(3L << 30);
    }
    assertRefused(file + ": has 3221225472 bytes; expected at most 100000000. [MLA-0206]");
  }

  private static ModelConfig inner(ModelConfig config) {
    return config.section("rope_scaling").orElseThrow().section("inner").orElseThrow();
  }

  private static Arguments refusal(Consumer<ModelConfig> call, String problem) {
    return arguments(call, problem);
  }

  private ModelConfig config(String json) {
    return ModelConfig.read(write(json));
  }

  private Path write(String json) {
    try {
      return Files.writeString(folder.resolve("config.json"), json);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void assertRefused(String message) {
    ModelException e =
        assertThrows(ModelException.class, () -> ModelConfig.read(folder.resolve("config.json")));
    assertEquals(message, e.getMessage());
  }
}
