package org.mla4j.benchmarks.report;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.mla4j.benchmarks.bound.BoundProfiler;
import tools.jackson.databind.JsonNode;

/**
 * What JMH found of one kernel with one choice of parameters.
 *
 * @param benchmark name of the class
 * @param params parameters, those that all benchmarks have left out
 * @param threads how many
 * @param java version of the JVM
 * @param microseconds of one call
 * @param bandwidth of the machine at the same time, GB/s
 * @param peak of the machine at the same time, GFLOP/s
 * @param shareOfBandwidth what was reached of the first
 * @param shareOfPeak what was reached of the second
 */
record KernelResult(
    String benchmark,
    Map<String, String> params,
    int threads,
    String java,
    double microseconds,
    double bandwidth,
    double peak,
    double shareOfBandwidth,
    double shareOfPeak) {

  /** Tells whether an entry of JMH's results was measured beside its bound. */
  static boolean isBounded(JsonNode entry) {
    return entry.path("secondaryMetrics").has(BoundProfiler.PEAK);
  }

  /** Takes over an entry of JMH's results. */
  static KernelResult ofJmh(JsonNode entry) {
    Map<String, String> params = new LinkedHashMap<>();
    entry
        .required("params")
        .propertyStream()
        .forEach(p -> params.put(p.getKey(), p.getValue().asString()));
    int threads = Integer.parseInt(params.remove("threads"));
    if ("vector".equals(params.get("kernels"))) {
      params.remove("kernels");
    }
    String method = entry.required("benchmark").asString();
    String type = method.substring(0, method.lastIndexOf('.'));
    return new KernelResult(
        type.substring(type.lastIndexOf('.') + 1),
        params,
        threads,
        entry.required("vmVersion").asString(),
        entry.required("primaryMetric").required("score").asDouble(),
        secondary(entry, BoundProfiler.BANDWIDTH),
        secondary(entry, BoundProfiler.PEAK),
        secondary(entry, BoundProfiler.SHARE_OF_BANDWIDTH),
        secondary(entry, BoundProfiler.SHARE_OF_PEAK));
  }

  private static double secondary(JsonNode entry, String name) {
    return entry.required("secondaryMetrics").required(name).required("score").asDouble();
  }

  /** The larger share: the kernel cannot be faster than by its inverse. */
  double share() {
    return Math.max(shareOfBandwidth, shareOfPeak);
  }

  /** What it is bound by. */
  String bound() {
    return shareOfBandwidth >= shareOfPeak ? "memory" : "arithmetic";
  }

  /** The parameters in a few words. */
  String label() {
    return params.entrySet().stream().map(KernelResult::word).collect(Collectors.joining(", "));
  }

  private static String word(Map.Entry<String, String> param) {
    return switch (param.getKey()) {
      case "tokens", "heads" ->
          param.getValue() + " " + (param.getValue().equals("1") ? "token" : param.getKey());
      case "context" -> "context " + param.getValue();
      default -> param.getValue();
    };
  }
}
