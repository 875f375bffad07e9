package org.mla4j.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.step.Sampling;
import org.mla4j.core.engine.FinishReason;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.template.ChatMessage;
import org.mla4j.models.template.TemplateException;

/**
 * Conversations with a model whose vocabulary has tags for reasoning; its weights are random, so
 * what it says has no end.
 */
class ReasoningTest {
  private static final List<ChatMessage> HELLO = List.of(ChatMessage.user("Hello"));

  @TempDir Path folder;

  @BeforeEach
  void copy() throws IOException {
    Path golden = TestData.demoModel().resolveSibling("testdata/golden/deepseek-v2-lite-tiny");
    for (String file :
        List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
      Files.copy(golden.resolve(file), folder.resolve(file));
    }
  }

  private static TextOptions.Builder options() {
    return TextOptions.builder().sampling(Sampling.GREEDY).maxTokens(20);
  }

  private static EngineOptions engine() {
    return EngineOptions.builder().threads(1).build();
  }

  @Test
  void aPromptThatOpensTheReasoningBeginsWithIt() {
    TextOptions thinking = options().templateVariable("enable_thinking", true).build();
    try (LanguageModel model = LanguageModel.open(folder);
        TextEngine engine = model.start(engine())) {
      ChatAnswer answer = engine.chat(HELLO, thinking).result();
      assertEquals("", answer.text());
      assertFalse(answer.reasoning().isEmpty());
      assertEquals(answer.generation().text().strip(), answer.reasoning());
      assertEquals(FinishReason.LENGTH, answer.generation().finishReason());
      assertEquals(20, answer.generation().tokens().size());
    }
  }

  @Test
  void anAnswerWithoutTagsIsAllAnswer() {
    try (LanguageModel model = LanguageModel.open(folder);
        TextEngine engine = model.start(engine())) {
      ChatAnswer answer = engine.chat(HELLO, options().build()).result();
      assertEquals("", answer.reasoning());
      assertFalse(answer.text().isEmpty());
      assertEquals(answer.generation().text(), answer.text());
    }
  }

  @Test
  void piecesCallbackAndPublisherSayTheSame() throws Exception {
    TextOptions thinking = options().templateVariable("enable_thinking", true).build();
    try (LanguageModel model = LanguageModel.open(folder);
        TextEngine engine = model.start(engine())) {
      List<ChatPiece> pulled = new ArrayList<>();
      engine.chat(HELLO, thinking).forEachRemaining(pulled::add);
      List<ChatPiece> called = new ArrayList<>();
      ChatAnswer answer = engine.chat(HELLO, thinking).forEach(Runnable::run, called::add).get();
      List<ChatPiece> published = new ArrayList<>();
      engine.chat(HELLO, thinking).publisher(Runnable::run).subscribe(collector(published));
      assertEquals(pulled, called);
      assertEquals(pulled, published);
      StringBuilder reasoning = new StringBuilder();
      pulled.forEach(piece -> reasoning.append(piece.reasoning()));
      assertEquals(answer.reasoning(), reasoning.toString());
    }
  }

  private static Flow.Subscriber<ChatPiece> collector(List<ChatPiece> pieces) {
    return new Flow.Subscriber<>() {
      @Override
      public void onSubscribe(Flow.Subscription subscription) {
        subscription.request(Long.MAX_VALUE);
      }

      @Override
      public void onNext(ChatPiece piece) {
        pieces.add(piece);
      }

      @Override
      public void onError(Throwable failure) {
        throw new AssertionError(failure);
      }

      @Override
      public void onComplete() {}
    };
  }

  @Test
  void aCancelledAnswerEndsAtOnce() {
    try (LanguageModel model = LanguageModel.open(folder);
        TextEngine engine = model.start(engine())) {
      ChatGeneration generation = engine.chat(HELLO, options().maxTokens(200).build());
      ChatPiece first = generation.next();
      generation.cancel();
      assertFalse(generation.hasNext());
      ChatAnswer answer = generation.result();
      assertEquals(FinishReason.CANCELLED, answer.generation().finishReason());
      assertEquals(first.text(), answer.text());
      generation.close();
    }
  }

  @Test
  void toolsReachTheTemplate() throws IOException {
    Files.writeString(
        folder.resolve("chat_template.jinja"), "{{ raise_exception(tools | tojson) }}");
    TextOptions tools =
        options()
            .tools(List.of(Map.of("type", "function", "function", Map.of("name", "add"))))
            .build();
    try (LanguageModel model = LanguageModel.open(folder);
        TextEngine engine = model.start(engine())) {
      String tool = assertThrows(TemplateException.class, () -> engine.chat(HELLO, tools)).detail();
      assertEquals(true, tool.contains("{\"name\": \"add\"}"), tool);
    }
  }
}
