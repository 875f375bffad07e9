package org.mla4j.models;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.error.ModelException;
import org.mla4j.core.engine.FinishReason;
import org.mla4j.core.engine.GenerationResult;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.template.ChatMessage;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** The bundled model answers what the reference answered, to the letter. */
class DemoModelTest {
  private static LanguageModel model;
  private static TextEngine engine;

  @BeforeAll
  static void open() {
    model = LanguageModel.open(TestData.demoModel());
    engine = model.start(EngineOptions.builder().threads(2).build());
  }

  @AfterAll
  static void close() {
    engine.close();
    model.close();
  }

  @TestFactory
  Stream<DynamicTest> answersTheListedPrompts() throws Exception {
    return prompts().stream()
        .map(prompt ->
            DynamicTest.dynamicTest(
                prompt.path("prompt").asString(),
                () ->
                    assertEquals(
                        prompt.path("answer").asString(),
                        answer(prompt.path("prompt").asString()))));
  }

  @Test
  void listsTwentyPrompts() throws Exception {
    assertEquals(20, prompts().size());
  }

  @Test
  void answersTheSameWhenAllAreAskedAtOnce() throws Exception {
    List<ChatGeneration> running = new ArrayList<>();
    for (JsonNode prompt : prompts()) {
      running.add(ask(prompt.path("prompt").asString()));
    }
    List<String> answers = running.stream().map(generation -> generation.result().text()).toList();
    assertEquals(
        prompts().stream().map(prompt -> prompt.path("answer").asString()).toList(), answers);
  }

  @Test
  void streamsWhatItReturns() {
    ChatGeneration generation = ask("What is the capital of Japan?");
    StringBuilder streamed = new StringBuilder();
    generation.forEachRemaining(piece -> streamed.append(piece.text()));
    ChatAnswer result = generation.result();
    assertAll(
        () -> assertEquals("The capital of Japan is Tokyo.", streamed.toString()),
        () -> assertEquals(streamed.toString(), result.text()),
        () -> assertEquals("", result.reasoning()),
        () -> assertEquals(result.text(), result.generation().text()),
        () -> assertEquals(FinishReason.STOP, result.generation().finishReason()));
  }

  @Test
  void stopStringsEndTheAnswer() {
    TextOptions options = TextOptions.builder().stopStrings(List.of(" is ")).build();
    ChatAnswer result =
        engine.chat(List.of(ChatMessage.user("What is the capital of Japan?")), options).result();
    assertEquals("The capital of Japan", result.text());
    assertEquals(FinishReason.STOP_STRING, result.generation().finishReason());
  }

  @Test
  void continuesATextWithoutAChatFormat() {
    GenerationResult result =
        engine
            .generate(
                "<｜User｜>What is 17 + 25?<｜Assistant｜>",
                TextOptions.builder().maxTokens(20).build())
            .result();
    assertEquals("17 + 25 = 42.", result.text());
  }

  @Test
  void aModelWithoutATemplateContinuesTextsOnly(@TempDir Path folder) throws Exception {
    for (String file : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      Files.copy(TestData.demoModel().resolve(file), folder.resolve(file));
    }
    try (LanguageModel bare = LanguageModel.open(folder);
        TextEngine text = bare.start(EngineOptions.builder().threads(1).build())) {
      assertTrue(text.generate("Once", TextOptions.builder().maxTokens(3).build()).hasNext());
      ModelException e =
          assertThrows(
              ModelException.class,
              () -> text.chat(List.of(ChatMessage.user("Hello")), TextOptions.defaults()));
      assertEquals(
          "The model in '"
              + folder
              + "' has no chat template. Expected one as 'chat_template' in"
              + " tokenizer_config.json or as chat_template.jinja. A model without one continues texts, but does not know"
              + " conversations. [MLA-0208]",
          e.getMessage());
    }
  }

  private static String answer(String prompt) {
    return ask(prompt).result().text();
  }

  private static ChatGeneration ask(String prompt) {
    return engine.chat(List.of(ChatMessage.user(prompt)), TextOptions.defaults());
  }

  private static List<JsonNode> prompts() throws Exception {
    JsonNode all =
        new ObjectMapper().readTree(Files.readString(TestData.demoModel().resolve("prompts.json")));
    return all.valueStream().toList();
  }
}
