package org.mla4j.benchmarks.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.mla4j.benchmarks.peer.Comparison;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The results in a folder.
 *
 * @param comparisons with peers, in the order of their files' names
 * @param kernels with their bounds
 */
record Results(List<Comparison> comparisons, List<KernelResult> kernels) {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /**
   * Reads all {@code .json} files: what {@code PeerComparison --json} writes, what JMH writes with
   * {@code -rf json}, and what {@link KernelResults} made of the latter.
   */
  static Results read(Path folder) throws IOException {
    List<Comparison> comparisons = new ArrayList<>();
    List<KernelResult> kernels = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".json")).sorted().toList()) {
        JsonNode content = JSON.readTree(file);
        if (content.isArray()) {
          kernels.addAll(kernels(content));
        } else if (!content.isObject()) {
          throw new IOException(file + ": holds no results; its benchmark did not end well.");
        } else {
          comparisons.add(JSON.treeToValue(content, Comparison.class));
        }
      }
    }
    return new Results(comparisons, kernels);
  }

  /** Reads the kernels of one file. */
  static List<KernelResult> kernels(JsonNode array) {
    List<KernelResult> kernels = new ArrayList<>();
    for (JsonNode entry : array) {
      if (!entry.has("primaryMetric")) {
        kernels.add(JSON.treeToValue(entry, KernelResult.class));
      } else if (KernelResult.isBounded(entry)) {
        kernels.add(KernelResult.ofJmh(entry));
      }
    }
    return kernels;
  }

  static JsonMapper json() {
    return JSON;
  }
}
