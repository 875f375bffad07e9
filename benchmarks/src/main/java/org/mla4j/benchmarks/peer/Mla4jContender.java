package org.mla4j.benchmarks.peer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.mla4j.api.spec.CacheType;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.LoadOptions;
import org.mla4j.models.WeightCheck;
import tools.jackson.databind.json.JsonMapper;

/** MLA4J as a {@link Contender}: loads a model, then runs the tests it reads. */
final class Mla4jContender {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private Mla4jContender() {}

  /**
   * Serves tests until standard input ends.
   *
   * @param args {@link ContenderOptions} as JSON
   * @throws IOException if standard input cannot be read
   */
  public static void main(String[] args) throws IOException {
    ContenderOptions options = ContenderOptions.parse(args[0]);
    PrintStream out = System.out;
    System.setOut(System.err); // the other end reads every line as an answer
    EngineOptions engine = engineOptions(options);
    try (StepRunner runner = open(options, engine);
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      out.println(JSON.writeValueAsString(greeting(options)));
      TimedSequence sequence = new TimedSequence(runner, engine.decodeThreshold());
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        double seconds = sequence.seconds(JSON.readValue(line, PeerTest.class));
        out.println(JSON.writeValueAsString(Map.of("seconds", seconds)));
      }
    }
  }

  private static EngineOptions engineOptions(ContenderOptions options) {
    EngineOptions.Builder engine =
        EngineOptions.builder()
            .threads(options.threads())
            .cacheType(CacheType.valueOf(options.cache()))
            .maxSequences(1)
            .maxSequenceLength(options.contextTokens())
            .cacheTokens(options.contextTokens())
            .maxTokensPerStep(options.batchTokens());
    options.backendOptions().forEach(engine::backendOption);
    return engine.build();
  }

  private static StepRunner open(ContenderOptions options, EngineOptions engine) {
    LoadOptions load = LoadOptions.builder().weightCheck(WeightCheck.NEVER).build();
    try (LanguageModel model = LanguageModel.open(Path.of(options.model()), load)) {
      return StepRunner.build(model.definition(), engine);
    }
  }

  private static Map<String, String> greeting(ContenderOptions options) {
    String version = StepRunner.class.getPackage().getImplementationVersion();
    String settings = "cache " + options.cache();
    if (!options.backendOptions().isEmpty()) {
      settings += ", " + options.backendOptions();
    }
    return Map.of(
        "name",
        "MLA4J",
        "version",
        (version == null ? "development" : version) + " on Java " + Runtime.version(),
        "settings",
        settings);
  }
}
