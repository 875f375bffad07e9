package org.mla4j.benchmarks.report;

import tools.jackson.databind.JsonNode;

/**
 * What a parallel region costs whose tasks do nothing.
 *
 * @param threads how many
 * @param nanoseconds of one region
 * @param error half of the interval that holds it with 99.9 %
 */
record RegionResult(int threads, double nanoseconds, double error) {
  private static final String BENCHMARK = "WorkerPoolBenchmark";

  /** Tells whether an entry of JMH's results is one. */
  static boolean isRegion(JsonNode entry) {
    return entry.path("benchmark").asString("").contains(BENCHMARK);
  }

  /** Takes over an entry of JMH's results. */
  static RegionResult ofJmh(JsonNode entry) {
    JsonNode metric = entry.required("primaryMetric");
    return new RegionResult(
        Integer.parseInt(entry.required("params").required("threads").asString()),
        metric.required("score").asDouble(),
        metric.path("scoreError").asDouble(0));
  }
}
