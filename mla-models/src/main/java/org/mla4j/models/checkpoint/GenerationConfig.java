package org.mla4j.models.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.mla4j.api.step.Sampling;

/**
 * What a model's {@code generation_config.json} recommends.
 *
 * @param stopTokens ids that end an answer
 * @param sampling how tokens are drawn; greedy unless {@code do_sample} is true
 */
public record GenerationConfig(List<Integer> stopTokens, Sampling sampling) {
  /** Copies the list. */
  public GenerationConfig {
    stopTokens = List.copyOf(stopTokens);
  }

  /**
   * Reads the recommendation in a folder. A missing file recommends greedy draws and the stop
   * tokens of {@code config.json}.
   *
   * @param folder the model's folder
   * @param model its {@code config.json}
   * @return the recommendation
   * @throws org.mla4j.api.error.ModelException if a field is of another kind than expected, or
   *     outside its range, or a stop token is none of the {@code vocab_size} ids
   */
  public static GenerationConfig read(Path folder, ModelConfig model) {
    Path file = folder.resolve("generation_config.json");
    if (!Files.isRegularFile(file)) {
      return new GenerationConfig(stops(model, model), Sampling.GREEDY);
    }
    ModelConfig config = ModelConfig.read(file);
    List<Integer> stops = stops(config, model);
    return new GenerationConfig(stops.isEmpty() ? stops(model, model) : stops, sampling(config));
  }

  /** Some architectures keep the size of the vocabulary in a section; then any id will do here. */
  private static List<Integer> stops(ModelConfig config, ModelConfig model) {
    int[] stops = config.ints("eos_token_id");
    int ids = model.has("vocab_size") ? model.positiveInt("vocab_size") : Integer.MAX_VALUE;
    for (int stop : stops) {
      if (stop < 0 || stop >= ids) {
        throw config.refused(
            "eos_token_id",
            Arrays.toString(stops),
            "ids from 0 to " + (ids - 1) + ", the vocabulary of the model");
      }
    }
    return Arrays.stream(stops).boxed().toList();
  }

  /** The defaults are those of the library that writes these files. */
  private static Sampling sampling(ModelConfig config) {
    if (!config.booleanField("do_sample", false)) {
      return Sampling.GREEDY;
    }
    return config.checked(() ->
        new Sampling(
            (float) config.optionalDouble("temperature").orElse(1),
            config.optionalInt("top_k").orElse(50),
            (float) config.optionalDouble("top_p").orElse(1),
            (float) config.optionalDouble("min_p").orElse(0)));
  }
}
