package org.mla4j.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.mla4j.api.error.ClosedException;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.template.ChatMessage;

/** What a model and its engine say once they are closed, in whichever order. */
class AfterCloseTest {
  private static final Path FOLDER = TestData.demoModel();
  private static final List<ChatMessage> HELLO = List.of(ChatMessage.user("Hello"));

  private LanguageModel model;
  private TextEngine engine;

  @BeforeEach
  void open() {
    model = LanguageModel.open(FOLDER);
    engine = model.start(options());
  }

  @Test
  void aClosedEngineTakesNoRequests() {
    engine.close();
    engine.close();
    assertClosed(
        "generate() on a closed engine. [MLA-0403]",
        () -> engine.chat(HELLO, TextOptions.defaults()));
    assertClosed(
        "generate() on a closed engine. [MLA-0403]",
        () -> engine.generate("Hello", TextOptions.defaults()));
    assertClosed(
        "reloadWeights() on a closed engine. [MLA-0403]",
        () -> engine.engine().reloadWeights(() -> {}));
    model.close();
  }

  @Test
  void aClosedEngineStillTellsWhatItWas() {
    String before = engine.explain().toString();
    engine.close();
    assertEquals(before, engine.explain().toString());
    assertEquals(0, engine.engine().statistics().running());
    model.start(options()).close();
    model.close();
  }

  @Test
  void aClosedModelStartsNoEngine() {
    engine.close();
    model.close();
    model.close();
    assertClosed(
        "start() on the closed model '" + FOLDER + "'. [MLA-0403]", () -> model.start(options()));
    assertClosed(
        "encode() on the closed tokenizer of '"
            + FOLDER.resolve("tokenizer.json")
            + "'. [MLA-0403]",
        () -> model.tokenizer().encode("a", false));
    assertEquals(FOLDER, model.folder());
    assertEquals(640, model.definition().vocabularySize());
  }

  /** The wrong order is refused, too, and ends nothing but the request. */
  @Test
  void anEngineOfAClosedModelHasNoTokenizer() {
    model.close();
    String message =
        "encode() on the closed tokenizer of '"
            + FOLDER.resolve("tokenizer.json")
            + "'. [MLA-0403]";
    assertClosed(message, () -> engine.chat(HELLO, TextOptions.defaults()));
    assertClosed(message, () -> engine.generate("Hello", TextOptions.defaults()));
    engine.close();
  }

  private static EngineOptions options() {
    return EngineOptions.builder().threads(1).build();
  }

  private static void assertClosed(String message, Executable call) {
    assertEquals(message, assertThrows(ClosedException.class, call).getMessage());
  }
}
