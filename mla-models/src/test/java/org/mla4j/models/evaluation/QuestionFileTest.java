package org.mla4j.models.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.models.template.ChatMessage;

class QuestionFileTest {
  private static final String GOOD =
      """
      {"task": "t", "messages": [{"role": "user", "content": "q"}], "expected": "a"}
      """;

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("eval.jsonl");
  }

  @Test
  void questionsKnowTheirLine() throws IOException {
    write(
        GOOD
            + """
            {"reference": "ä", "expected": "é ", "task": "u", "messages": \
            [{"role": "system", "content": "s"}, {"content": "q", "role": "user"}]}
            """,
        StandardCharsets.UTF_8);
    assertEquals(
        List.of(
            new Question(1, "t", List.of(ChatMessage.user("q")), "a", Optional.empty()),
            new Question(
                2,
                "u",
                List.of(ChatMessage.system("s"), ChatMessage.user("q")),
                "é ",
                Optional.of("ä"))),
        QuestionFile.read(file));
  }

  @Test
  void aReferenceThatIsNullIsNone() throws IOException {
    write(GOOD.replace("}\n", ", \"reference\": null}\n"), StandardCharsets.UTF_8);
    assertEquals(Optional.empty(), QuestionFile.read(file).getFirst().reference());
  }

  @Test
  void theLastLineNeedsNoEnd() throws IOException {
    write(GOOD.strip(), StandardCharsets.UTF_8);
    assertEquals(1, QuestionFile.read(file).size());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"task\": 5}|: field 'task' is 5; expected a string.",
        "{\"task\": null}|: field 'task' is null; expected a string.",
        "{}|: field 'task' is missing; expected a string.",
        "{\"task\": \"t\"}|: field 'messages' is missing; expected a list of at least one message.",
        "{\"task\": \"t\", \"messages\": []}|"
            + ": field 'messages' is []; expected a list of at least one message.",
        "{\"task\": \"t\", \"messages\": \"q\"}|"
            + ": field 'messages' is \"q\"; expected a list of at least one message.",
        "{\"task\": \"t\", \"messages\": [\"q\"]}|"
            + ": field 'messages[0]' is \"q\"; expected an object with role and content.",
        "{\"task\": \"t\", \"messages\": [{\"role\": \"user\"}]}|"
            + ": field 'messages[0].content' is missing; expected a string.",
        "{\"task\": \"t\", \"messages\": [{\"role\": [], \"content\": \"q\"}]}|"
            + ": field 'messages[0].role' is []; expected a string.",
        "{\"task\": \"t\", \"messages\": [{\"role\": \"u\", \"content\": \"q\", \"name\": \"n\"}]}|"
            + ": unknown field 'messages[0].name'; expected no other than role, content.",
        "{\"task\": \"t\", \"messages\": [{\"role\": \"u\", \"content\": \"q\"}]}|"
            + ": field 'expected' is missing; expected a string.",
        "{\"task\": \"t\", \"messages\": [{\"role\": \"u\", \"content\": \"q\"}], \"expected\": 1}|"
            + ": field 'expected' is 1; expected a string.",
        "{\"task\": \"t\", \"messages\": [{\"role\": \"u\", \"content\": \"q\"}], \"expected\": \"a\","
            + " \"reference\": {}}|: field 'reference' is {}; expected a string.",
        "{\"tusk\": \"t\"}|"
            + ": unknown field 'tusk'; expected no other than task, messages, expected, reference.",
        "[1, 2]|: [1,2]; expected one JSON object.",
        "`   `|: empty; expected one JSON object.",
        "{\"task\" \"t\"}|, column 9: not valid JSON: Unexpected character ('\"' (code 34)): was"
            + " expecting a colon to separate property name and value.",
        "{\"task\": \"t\", \"task\": \"t\"}|"
            + ", column 21: not valid JSON: Duplicate Object property \"task\".",
        "{} {}|, column 4: not valid JSON: Trailing token (`JsonToken.START_OBJECT`) found after value"
            + " (bound as `tools.jackson.databind.JsonNode`): not allowed as per"
            + " `DeserializationFeature.FAIL_ON_TRAILING_TOKENS`.",
      })
  void aMalformedLineIsShown(String line, String problem) throws IOException {
    write(GOOD + line + "\n" + GOOD, StandardCharsets.UTF_8);
    assertRefused(file + ", line 2" + problem);
  }

  @Test
  void aLongValueIsCut() throws IOException {
    write("{\"task\": [" + "1,".repeat(100) + "1]}", StandardCharsets.UTF_8);
    assertRefused(
        file + ", line 1: field 'task' is [" + "1,".repeat(29) + "1...; expected a string.");
  }

  @Test
  void brokenTextHasALine() throws IOException {
    write(GOOD + GOOD.replace("q", "ä"), StandardCharsets.ISO_8859_1);
    assertRefused(file + ", line 2, column 59: not valid JSON: Invalid UTF-8 middle byte 0x22.");
  }

  @Test
  void anEmptyFileIsRefused() throws IOException {
    write("", StandardCharsets.UTF_8);
    assertRefused(file + ": empty; expected one question in each line.");
  }

  @Test
  void aMissingFileIsRefused() {
    assertRefused(file + ": no such file.");
  }

  @Test
  void aFolderIsRefused() {
    file = folder;
    assertRefused(folder + ": cannot be read: java.io.IOException: Is a directory.");
  }

  private void write(String text, Charset charset) throws IOException {
    Files.writeString(file, text, charset);
  }

  private void assertRefused(String message) {
    ModelException e = assertThrows(ModelException.class, () -> QuestionFile.read(file));
    assertEquals(message + " [MLA-0204]", e.getMessage());
    assertEquals(ErrorCode.MALFORMED_FILE, e.code());
  }
}
