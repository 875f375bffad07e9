package org.mla4j.models.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mla4j.api.backend.ProgressListener;
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
    List<GradedAnswer> sample =
        report.answers().stream()
            .collect(Collectors.groupingBy(answer -> answer.question().task()))
            .values()
            .stream()
            .flatMap(answers -> answers.stream().limit(7))
            .toList();
    assertEquals(9 * 7, sample.size());
    List<Question> again = sample.stream().map(GradedAnswer::question).toList();
    assertEquals(
        sample, new Evaluation(again, 1, MAX_TOKENS).run(engine, ProgressListener.NONE).answers());
  }
}
