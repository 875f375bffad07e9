package org.mla4j.cli;

import java.util.List;
import org.mla4j.core.engine.FinishReason;
import org.mla4j.models.evaluation.Evaluation;
import org.mla4j.models.evaluation.EvaluationReport;
import org.mla4j.models.evaluation.TaskScore;

/**
 * An evaluation as {@code --json} writes it.
 *
 * @param model name of the model
 * @param tasks one for each task
 * @param total all together
 * @param seconds from the first question to the last answer
 * @param tokensPerSecond tokens of answers
 * @param cacheDType element type of the caches, as {@code --cache-dtype} takes it
 * @param backend who runs the plan; more than one are separated by commas, in the order of their
 *     first node
 * @param steps steps that the engine ran
 * @param replayedSteps those of them that were replayed from graphs
 * @param concurrency questions asked at a time
 * @param maxTokens the longest answer
 * @param cutOff answers that are as long as that, or as a sequence can be
 * @param differences the answers that are not those of the reference
 */
record EvaluationSummary(
    String model,
    List<TaskScore> tasks,
    TaskScore total,
    double seconds,
    double tokensPerSecond,
    String cacheDType,
    String backend,
    long steps,
    long replayedSteps,
    int concurrency,
    int maxTokens,
    long cutOff,
    List<AnswerLine> differences) {
  static EvaluationSummary of(EvaluationReport report, Evaluation evaluation, Session session) {
    return new EvaluationSummary(
        session.explain().model(),
        report.tasks(),
        report.total(),
        report.wallTime().toMillis() / 1e3,
        report.tokensPerSecond(),
        session.cacheDTypes().toString(),
        session.backends(),
        session.statistics().steps(),
        session.statistics().replayedSteps(),
        evaluation.concurrency(),
        evaluation.maxTokens(),
        report.answers().stream()
            .filter(answer -> answer.finishReason() == FinishReason.LENGTH)
            .count(),
        report.differences().stream().map(AnswerLine::of).toList());
  }
}
