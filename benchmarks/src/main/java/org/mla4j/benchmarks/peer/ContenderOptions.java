package org.mla4j.benchmarks.peer;

import java.nio.file.Path;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * How an engine is started; the argument of its process, as JSON.
 *
 * @param model file or folder of the model
 * @param threads threads that compute
 * @param contextTokens tokens of the longest sequence
 * @param batchTokens most tokens evaluated at once
 * @param cache type of MLA4J's cache
 * @param backendOptions options of MLA4J's backends, {@code cpu:option} to value
 */
record ContenderOptions(
    String model,
    int threads,
    int contextTokens,
    int batchTokens,
    String cache,
    Map<String, String> backendOptions) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  static ContenderOptions parse(String json) {
    return JSON.readValue(json, ContenderOptions.class);
  }

  String toJson() {
    return JSON.writeValueAsString(this);
  }

  /** These, for another form of the same model. */
  ContenderOptions withModel(Path other) {
    return new ContenderOptions(
        other.toString(), threads, contextTokens, batchTokens, cache, backendOptions);
  }
}
