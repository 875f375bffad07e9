package org.mla4j.cli;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.mla4j.models.evaluation.TaskScore;

/** An evaluation for people. */
final class EvaluationText {
  private static final int MOST_DIFFERENCES = 20;

  private EvaluationText() {}

  static String of(EvaluationSummary summary) {
    return scores(summary) + "\n\n" + speed(summary) + cutOff(summary) + differences(summary);
  }

  private static String scores(EvaluationSummary summary) {
    TextTable table = new TextTable("task", "lines", "equals expected", "equals reference");
    summary.tasks().forEach(task -> row(table, task));
    row(table, summary.total());
    return table.toString();
  }

  private static void row(TextTable table, TaskScore score) {
    table.row(
        score.task(),
        Integer.toString(score.lines()),
        Integer.toString(score.equalsExpected()),
        likeReference(score));
  }

  private static String likeReference(TaskScore score) {
    if (score.references() == 0) {
      return "-";
    }
    return score.references() == score.lines()
        ? Integer.toString(score.equalsReference())
        : score.equalsReference() + " of " + score.references();
  }

  private static String speed(EvaluationSummary summary) {
    return String.format(
        Locale.ROOT,
        "%s: %d tokens in %.1f s, %.1f tokens/s (cache %s, backend %s, %d at a time%s)",
        summary.model(),
        summary.total().tokens(),
        summary.seconds(),
        summary.tokensPerSecond(),
        summary.cacheDType(),
        summary.backend(),
        summary.concurrency(),
        replayed(summary));
  }

  private static String replayed(EvaluationSummary summary) {
    return summary.replayedSteps() == 0
        ? ""
        : ", " + summary.replayedSteps() + " of " + summary.steps() + " steps replayed";
  }

  private static String cutOff(EvaluationSummary summary) {
    return summary.cutOff() == 0
        ? ""
        : "\n"
            + summary.cutOff()
            + " answers cut off; see --max-tokens ("
            + summary.maxTokens()
            + ") and --max-sequence-length";
  }

  private static String differences(EvaluationSummary summary) {
    List<AnswerLine> all = summary.differences();
    if (all.isEmpty()) {
      return "";
    }
    TextTable table = new TextTable("line", "task", "answer", "reference");
    for (AnswerLine each : all.subList(0, Math.min(MOST_DIFFERENCES, all.size()))) {
      Excerpts shown = Excerpts.of(each.answer(), Objects.requireNonNull(each.reference()));
      table.row(Integer.toString(each.line()), each.task(), shown.left(), shown.right());
    }
    if (all.size() > MOST_DIFFERENCES) {
      table.line("… and " + (all.size() - MOST_DIFFERENCES) + " more");
    }
    return "\n\n" + table;
  }
}
