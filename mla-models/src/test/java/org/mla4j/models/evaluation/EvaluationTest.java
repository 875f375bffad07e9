package org.mla4j.models.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.core.engine.EngineStatistics;
import org.mla4j.core.engine.FinishReason;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.TestData;
import org.mla4j.models.TextEngine;
import org.mla4j.models.template.ChatMessage;

@Timeout(120)
class EvaluationTest {
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

  @Test
  void answersComeInOrderWithWhatIsKnown() {
    List<Question> questions =
        List.of(
            question(1, "Count from 88 to 95."), // takes longest
            question(2, "What is 17 + 25?"),
            question(3, "What is the capital of France?"));
    EvaluationReport report = new Evaluation(questions, 2, 100).run(engine, ProgressListener.NONE);
    assertEquals(questions, report.answers().stream().map(GradedAnswer::question).toList());
    assertEquals(
        List.of(
            "88, 89, 90, 91, 92, 93, 94, 95.", "17 + 25 = 42.", "The capital of France is Paris."),
        report.answers().stream().map(GradedAnswer::text).toList());
    assertTrue(report.wallTime().isPositive());
    assertTrue(report.total().tokens() > 20);
  }

  @Test
  void noMoreThanWantedAreAskedAtATime() {
    List<Long> progress = new ArrayList<>();
    new Evaluation(many(10), 3, 20)
        .run(
            engine,
            (phase, done, total) -> {
              EngineStatistics now = engine.engine().statistics();
              assertTrue(now.running() + now.waiting() <= 3, now::toString);
              assertEquals("questions of 10", phase + " of " + total);
              progress.add(done);
            });
    assertEquals(IntStream.rangeClosed(1, 10).mapToObj(Long::valueOf).toList(), progress);
  }

  @Test
  void aCutOffAnswerSaysSo() {
    GradedAnswer answer =
        new Evaluation(many(1), 1, 2).run(engine, ProgressListener.NONE).answers().getFirst();
    assertEquals(FinishReason.LENGTH, answer.finishReason());
    assertEquals(2, answer.tokens());
  }

  @Test
  void aFailureCancelsWhatStillRuns() {
    IllegalStateException failure = new IllegalStateException("enough");
    Evaluation evaluation = new Evaluation(many(10), 5, 1000);
    assertSame(
        failure,
        assertThrows(
            IllegalStateException.class,
            () ->
                evaluation.run(
                    engine,
                    (_, _, _) -> {
                      throw failure;
                    })));
    awaitIdle();
  }

  @Test
  void anInterruptEndsIt() {
    Evaluation evaluation = new Evaluation(many(10), 5, 1000);
    CancellationException e =
        assertThrows(
            CancellationException.class,
            () -> evaluation.run(engine, (_, _, _) -> Thread.currentThread().interrupt()));
    assertTrue(Thread.interrupted());
    assertEquals(
        "The evaluation was interrupted while it waited for the answer to the question in line 2.",
        e.getMessage());
    awaitIdle();
  }

  @Test
  void anInterruptEndsAWait() throws InterruptedException {
    Evaluation evaluation = new Evaluation(many(1), 1, 1000);
    List<Throwable> thrown = new ArrayList<>();
    Thread waiting =
        Thread.ofPlatform()
            .unstarted(() ->
                thrown.add(
                    assertThrows(
                        CancellationException.class,
                        () -> evaluation.run(engine, ProgressListener.NONE))));
    waiting.start();
    waiting.interrupt();
    waiting.join();
    assertEquals(1, thrown.size());
    awaitIdle();
  }

  @Test
  void anEngineThatIsClosedEndsIt() {
    // One place for all questions: when the first is answered, the others wait in the engine.
    EngineOptions options = EngineOptions.builder().threads(1).maxSequences(1).build();
    try (TextEngine closing = model.start(options)) {
      Evaluation evaluation = new Evaluation(many(50), 50, 1000);
      ClosedException e =
          assertThrows(
              ClosedException.class, () -> evaluation.run(closing, (_, _, _) -> closing.close()));
      assertTrue(
          e.getMessage()
              .matches(
                  "The engine was closed while it answered the question in line \\d+\\. \\[MLA-0403]"),
          e.getMessage());
    }
  }

  @Test
  void aQuestionThatDoesNotFitHasALine() {
    EngineOptions options = EngineOptions.builder().threads(1).maxSequenceLength(8).build();
    try (TextEngine small = model.start(options)) {
      Evaluation evaluation =
          new Evaluation(List.of(question(7, "What is the capital of France?")), 1, 4);
      InvalidInputException e =
          assertThrows(
              InvalidInputException.class, () -> evaluation.run(small, ProgressListener.NONE));
      assertEquals(
          "The question in line 7: Prompt of 13 tokens; expected at most 7, since a sequence of this"
              + " engine has at most 8 tokens (option maxSequenceLength; the model has 2048"
              + " positions). [MLA-0402]",
          e.getMessage());
    }
  }

  @Test
  void anEngineIsMadeLargeEnough() {
    // 13 tokens of the longer question and 8 to come make two blocks.
    Evaluation evaluation =
        new Evaluation(
            List.of(question(1, "What is the capital of France?"), question(2, "Hi")), 600, 8);
    EngineOptions few = evaluation.size(model, EngineOptions.builder()).build();
    assertEquals(21, few.maxSequenceLength());
    assertEquals(2, few.maxSequences());
    assertEquals(2 * 32, few.cacheTokens());
    assertEquals(EngineOptions.builder().build().maxTokensPerStep(), few.maxTokensPerStep());

    Evaluation larger = new Evaluation(many(700), 600, 8);
    EngineOptions many = larger.size(model, EngineOptions.builder()).build();
    assertEquals(600, many.maxSequences());
    assertEquals(600, many.maxTokensPerStep());
  }

  @Test
  void aSequenceIsNoLongerThanTheUserOrTheModelLets() {
    Evaluation endless = new Evaluation(many(1), 1, Integer.MAX_VALUE);
    assertEquals(2048, endless.size(model, EngineOptions.builder()).build().maxSequenceLength());
    assertEquals(
        17,
        endless
            .size(model, EngineOptions.builder().maxSequenceLength(17))
            .build()
            .maxSequenceLength());
  }

  @Test
  void rangesAreChecked() {
    assertEquals(
        "Evaluation: concurrency = 0; expected 1 or more. [MLA-0401]",
        assertThrows(InvalidInputException.class, () -> new Evaluation(many(1), 0, 1))
            .getMessage());
    assertEquals(
        "Evaluation: maxTokens = -1; expected 1 or more. [MLA-0401]",
        assertThrows(InvalidInputException.class, () -> new Evaluation(many(1), 1, -1))
            .getMessage());
  }

  private static Question question(int line, String text) {
    return new Question(line, "t", List.of(ChatMessage.user(text)), "", Optional.empty());
  }

  private static List<Question> many(int count) {
    return IntStream.rangeClosed(1, count)
        .mapToObj(line -> question(line, "What is " + line + " + 25?"))
        .toList();
  }

  private static void awaitIdle() {
    while (engine.engine().statistics().running() + engine.engine().statistics().waiting() > 0) {
      Thread.onSpinWait();
    }
  }
}
