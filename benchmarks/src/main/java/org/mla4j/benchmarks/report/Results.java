package org.mla4j.benchmarks.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.mla4j.benchmarks.peer.Comparison;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The results in a folder, in the order of their files' names.
 *
 * @param comparisons with peers
 * @param kernels with their bounds
 * @param regions what a parallel region costs
 * @param evaluations answers by type of weights
 * @param benches of {@code mla bench}, by the files' names without {@code .json}
 * @param remarks written by hand, by the section they belong to
 */
record Results(
    List<Comparison> comparisons,
    List<KernelResult> kernels,
    List<RegionResult> regions,
    List<Evaluation> evaluations,
    SortedMap<String, Bench> benches,
    Map<String, String> remarks) {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private static final String REMARKS = "remarks";

  private Results() {
    this(
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        new TreeMap<>(),
        new TreeMap<>());
  }

  /**
   * Reads all {@code .json} files: what {@code PeerComparison --json}, {@code mla bench} and {@code
   * EvaluationByType} write, what JMH writes with {@code -rf json}, and what {@link KernelResults}
   * made of the latter. Remarks are {@code remarks/SECTION.md}.
   */
  static Results read(Path folder) throws IOException {
    Results results = new Results();
    for (Path file : files(folder, ".json")) {
      JsonNode content = JSON.readTree(file);
      if (content.isArray()) {
        content.forEach(results::addEntry);
      } else if (content.has("times")) {
        results.comparisons.add(JSON.treeToValue(content, Comparison.class));
      } else if (content.has("tests")) {
        results.benches.put(stem(file), JSON.treeToValue(content, Bench.class));
      } else {
        throw new IOException(file + ": holds no results; its benchmark did not end well.");
      }
    }
    if (Files.isDirectory(folder.resolve(REMARKS))) {
      for (Path file : files(folder.resolve(REMARKS), ".md")) {
        results.remarks.put(stem(file), Files.readString(file).strip());
      }
    }
    return results;
  }

  private static List<Path> files(Path folder, String ending) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(each -> each.toString().endsWith(ending)).sorted().toList();
    }
  }

  private static String stem(Path file) {
    String name = file.getFileName().toString();
    return name.substring(0, name.lastIndexOf('.'));
  }

  private void addEntry(JsonNode entry) {
    if (entry.has("primaryMetric")) {
      if (RegionResult.isRegion(entry)) {
        regions.add(RegionResult.ofJmh(entry));
      } else if (KernelResult.isBounded(entry)) {
        kernels.add(KernelResult.ofJmh(entry));
      }
    } else if (entry.has("nanoseconds")) {
      regions.add(JSON.treeToValue(entry, RegionResult.class));
    } else if (entry.has("questions")) {
      evaluations.add(JSON.treeToValue(entry, Evaluation.class));
    } else {
      kernels.add(JSON.treeToValue(entry, KernelResult.class));
    }
  }

  /** Keeps of JMH's results what the page shows. */
  static List<Object> kept(JsonNode array) {
    Results results = new Results();
    array.forEach(results::addEntry);
    return Stream.<Object>concat(results.kernels.stream(), results.regions.stream()).toList();
  }

  /** The benches whose names begin so, in the order of their names. */
  List<Bench> benches(String prefix) {
    return benches.entrySet().stream()
        .filter(each -> each.getKey().startsWith(prefix))
        .map(Map.Entry::getValue)
        .toList();
  }

  static JsonMapper json() {
    return JSON;
  }
}
