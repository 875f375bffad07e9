package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.mla4j.api.step.Sampling;
import org.mla4j.models.TextOptions;
import picocli.CommandLine;

class SamplingOptionsTest {
  private static final Sampling RECOMMENDED = new Sampling(0.6f, 20, 0.95f, 0.1f);

  private static TextOptions parse(Sampling recommended, String... args) {
    SamplingOptions options = new SamplingOptions();
    new CommandLine(
            CommandLine.Model.CommandSpec.create()
                .addMixin("", CommandLine.Model.CommandSpec.forAnnotatedObject(options)))
        .parseArgs(args);
    return options.over(recommended);
  }

  private static Sampling sampling(Sampling recommended, String... args) {
    return parse(recommended, args).sampling().orElseThrow();
  }

  @Test
  void theModelDecidesWhatIsNotGiven() {
    assertEquals(RECOMMENDED, sampling(RECOMMENDED));
    assertEquals(new Sampling(0.6f, 5, 0.95f, 0.1f), sampling(RECOMMENDED, "--top-k", "5"));
    assertEquals(new Sampling(0, 20, 0.95f, 0.1f), sampling(RECOMMENDED, "--temperature", "0"));
  }

  @Test
  void aGreedyModelDrawsWhenAnOptionOfDrawsIsGiven() {
    assertEquals(Sampling.GREEDY, sampling(Sampling.GREEDY));
    assertEquals(new Sampling(1, 0, 0.9f, 0), sampling(Sampling.GREEDY, "--top-p", "0.9"));
    assertEquals(new Sampling(1, 0, 1, 0.2f), sampling(Sampling.GREEDY, "--min-p", "0.2"));
  }

  @Test
  void theRestIsPassedOn() {
    TextOptions options =
        parse(RECOMMENDED, "--max-tokens=9", "--seed=-3", "--stop=a", "--stop", "b c");
    assertEquals(9, options.maxTokens());
    assertEquals(-3, options.seed());
    assertEquals(List.of("a", "b c"), options.stopStrings());
  }
}
