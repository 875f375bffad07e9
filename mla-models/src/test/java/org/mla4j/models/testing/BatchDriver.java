package org.mla4j.models.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.runner.StepRunner;

/**
 * Runs several prompts and their greedy continuations through one runner, keeping the logits of
 * every token: what an engine does, with nothing thrown away.
 */
public final class BatchDriver {
  /**
   * How steps are made.
   *
   * @param chunk the most tokens of a prompt in one step
   * @param decodeAll whether everything is attended in the absorbed form
   */
  public record Policy(int chunk, boolean decodeAll) {}

  /** What one prompt gave: a row of logits for each token but the last, and all token ids. */
  public static final class Answer {
    private final int[] tokens;
    private final int promptLength;
    private final int[] blocks;
    private final List<float[]> logits = new ArrayList<>();
    private int length;

    private Answer(int[] prompt, int more, int[] blocks) {
      this.tokens = Arrays.copyOf(prompt, prompt.length + more);
      this.promptLength = prompt.length;
      this.length = prompt.length;
      this.blocks = blocks;
    }

    /** The logits after each token that was computed. */
    public List<float[]> logits() {
      return logits;
    }

    /** The tokens drawn. */
    public List<Integer> drawn() {
      return Arrays.stream(tokens, promptLength, length).boxed().toList();
    }

    private int computed() {
      return logits.size();
    }

    private boolean ends() {
      return length == tokens.length && computed() >= length - 1;
    }
  }

  private final StepRunner runner;
  private final Policy policy;
  private int usedBlocks;

  private BatchDriver(StepRunner runner, Policy policy) {
    this.runner = runner;
    this.policy = policy;
  }

  /**
   * Runs prompts together, each step holding all that are not through.
   *
   * @param runner with room for all of them and for all logits
   * @param policy how steps are made
   * @param prompts token ids
   * @param more how many tokens to draw after each
   */
  public static List<Answer> run(StepRunner runner, Policy policy, List<int[]> prompts, int more) {
    BatchDriver driver = new BatchDriver(runner, policy);
    List<Answer> answers =
        prompts.stream()
            .map(prompt -> new Answer(prompt, more, driver.blocks(prompt.length + more)))
            .toList();
    while (!answers.stream().allMatch(Answer::ends)) {
      driver.step(answers);
    }
    return answers;
  }

  /** Blocks in descending order: that of tables must not matter. */
  private int[] blocks(int tokens) {
    int count = Math.ceilDiv(tokens, runner.limits().blockSize());
    usedBlocks += count;
    int last = usedBlocks;
    return IntStream.range(0, count).map(i -> last - i).toArray();
  }

  private void step(List<Answer> answers) {
    StepDescription step = runner.step();
    step.clear();
    List<Answer> order = new ArrayList<>();
    for (Phase phase : List.of(Phase.DECODE, Phase.PREFILL)) {
      for (Answer answer : answers) {
        if (!answer.ends() && phase(answer) == phase) {
          int count = Math.min(policy.chunk(), answer.length - answer.computed());
          step.addSequence(
              phase,
              answer.computed(),
              answer.tokens,
              answer.computed(),
              count,
              answer.blocks,
              answer.blocks.length);
          step.wantAllLogits();
          order.add(answer);
        }
      }
    }
    runner.run();
    for (int row = 0; row < step.count(Rows.LOGITS); row++) {
      Answer answer = order.get(step.sequenceOf(step.logitToken(row)));
      answer.logits.add(runner.logits(row));
      boolean last = answer.computed() == answer.length;
      if (last && answer.length < answer.tokens.length) {
        answer.tokens[answer.length++] = runner.sampled(row);
      }
    }
  }

  private Phase phase(Answer answer) {
    boolean drawing = answer.computed() >= answer.promptLength;
    return policy.decodeAll() || drawing ? Phase.DECODE : Phase.PREFILL;
  }
}
