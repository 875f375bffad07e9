package org.mla4j.models.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.TestData;
import org.mla4j.models.TextEngine;

/** The bundled model answers all of its questions as the reference did, in whatever company. */
@Timeout(300)
class EvaluationDemoTest {
  private static final int AT_A_TIME = 64;
  private static final int MAX_TOKENS = 256;

  private static LanguageModel model;
  private static TextEngine engine;
  private static EvaluationReport report;

  @BeforeAll
  static void evaluate() {
    List<Question> questions = QuestionFile.read(TestData.demoModel().resolve("eval.jsonl"));
    model = LanguageModel.open(TestData.demoModel());
    Evaluation evaluation = new Evaluation(questions, AT_A_TIME, MAX_TOKENS);
    engine = model.start(evaluation.size(model, EngineOptions.builder().threads(2)).build());
    report = evaluation.run(engine, ProgressListener.NONE);
  }

  @AfterAll
  static void close() {
    engine.close();
    model.close();
  }

  @Test
  void everyAnswerEqualsTheReference() {
    assertEquals(List.of(), report.differences());
    assertEquals(500, report.total().equalsReference());
  }

  /** The table in the model's README. */
  @Test
  void asManyAreRightAsOfTheReference() {
    assertEquals(
        """
        add 83/84
        capital 138/138
        copy 18/19
        count 12/12
        largest 41/41
        order 47/47
        recall 61/65
        reverse 37/37
        sub 57/57
        total 494/500\
        """,
        Stream.concat(report.tasks().stream(), Stream.of(report.total()))
            .map(score -> score.task() + " " + score.equalsExpected() + "/" + score.lines())
            .collect(Collectors.joining("\n")));
  }

  @Test
  void oneByOneTheAnswersAreTheSame() {
    assertEquals(
        report.answers(),
        new Evaluation(
                report.answers().stream().map(GradedAnswer::question).toList(), 1, MAX_TOKENS)
            .run(engine, ProgressListener.NONE)
            .answers());
  }

  /** How many of 500 answers a smaller cache may change; which ones depends on the vector width. */
  @ParameterizedTest
  @CsvSource({"BF16, 2", "F16, 2", "F8_E4M3, 10"})
  void smallerCachesChangeFewAnswers(DType cells, int bound) {
    List<Question> questions = report.answers().stream().map(GradedAnswer::question).toList();
    Evaluation evaluation = new Evaluation(questions, AT_A_TIME, MAX_TOKENS);
    EngineOptions options =
        evaluation.size(model, EngineOptions.builder().threads(2).cacheDType(cells)).build();
    try (TextEngine small = model.start(options)) {
      EvaluationReport found = evaluation.run(small, ProgressListener.NONE);
      assertTrue(
          found.total().equalsReference() >= 500 - bound,
          () -> cells + ": " + found.total().equalsReference() + " of 500");
    }
  }
}
