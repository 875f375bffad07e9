package org.mla4j.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.step.Sampling;
import org.mla4j.models.TextOptions;
import picocli.CommandLine.Option;

/**
 * How an answer is drawn and when it ends: what is not given is left to the model's
 * generation_config.json.
 */
final class SamplingOptions {
  @Option(names = "--max-tokens", paramLabel = "N", description = "Longest answer, in tokens.")
  private @Nullable Integer maxTokens;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "0 takes the likeliest token; higher is freer.")
  private @Nullable Float temperature;

  @Option(
      names = "--top-k",
      paramLabel = "N",
      description = "Keep the N likeliest tokens; 0 keeps all.")
  private @Nullable Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Keep the likeliest tokens up to this mass.")
  private @Nullable Float topP;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = "Keep tokens at least this likely, relative to the likeliest.")
  private @Nullable Float minP;

  @Option(names = "--seed", paramLabel = "N", description = "Seed of the draws. Default: 0.")
  private @Nullable Long seed;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End the answer before this text. Repeatable.")
  private List<String> stops = List.of();

  /**
   * What was given; the rest is the model's recommendation. Where that is greedy, options that only
   * make sense for draws make it draw: at temperature 0 they would be ignored without a word.
   */
  TextOptions over(Sampling recommended) {
    TextOptions.Builder options =
        TextOptions.builder().sampling(sampling(recommended)).stopStrings(stops);
    if (maxTokens != null) {
      options.maxTokens(maxTokens);
    }
    if (seed != null) {
      options.seed(seed);
    }
    return options.build();
  }

  private Sampling sampling(Sampling recommended) {
    if (temperature == null && topK == null && topP == null && minP == null) {
      return recommended;
    }
    float otherwise = recommended.isGreedy() ? 1 : recommended.temperature();
    return new Sampling(
        temperature != null ? temperature : otherwise,
        topK != null ? topK : recommended.topK(),
        topP != null ? topP : recommended.topP(),
        minP != null ? minP : recommended.minP());
  }
}
