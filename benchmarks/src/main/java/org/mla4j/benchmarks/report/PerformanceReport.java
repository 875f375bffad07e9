package org.mla4j.benchmarks.report;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.mla4j.benchmarks.peer.Comparison;

/**
 * Writes the page about performance: the text of a template, with tables and pictures of the
 * results in a folder in it.
 */
final class PerformanceReport {
  private static final String TEMPLATE = "performance.md";

  /** Pictures of kernels: name of the file, title, benchmarks. */
  private record Group(String file, String title, List<String> benchmarks) {}

  private static final List<Group> GROUPS =
      List.of(
          new Group(
              "kernels-products",
              "Products with weights",
              List.of("LinearBenchmark", "FusedMoeBenchmark", "LatentProjectionBenchmark")),
          new Group(
              "kernels-attention",
              "Attention",
              List.of(
                  "MlaDecodeAttentionBenchmark",
                  "PrefillAttentionBenchmark",
                  "GqaAttentionBenchmark")),
          new Group("kernels-small", "Ops on rows in caches", List.of("SmallOpBenchmark")));

  /** Ways to start, by the files with their results. */
  private static final Map<String, String> STARTS = new LinkedHashMap<>();

  static {
    STARTS.put("start-packed", "packed");
    STARTS.put("start-mapped", "`--no-repack`");
    STARTS.put("start-small-heap", "packed, `-Xmx256m`");
  }

  /** A section of the template: its name, the text before its results, and the text after them. */
  private static final Pattern SECTION =
      Pattern.compile(
          "\\{\\{begin (\\w+)}}\\n(.*?)\\{\\{results}}\\n(.*?)\\{\\{end}}\\n", Pattern.DOTALL);

  private final Results results;
  private final Path page;
  private final Path images;

  private PerformanceReport(Results results, Path page, Path images) {
    this.results = results;
    this.page = page;
    this.images = images;
  }

  /**
   * Writes page and pictures.
   *
   * @param args folder of results, page to write, folder of pictures
   * @throws IOException if a file cannot be read or written
   */
  public static void main(String[] args) throws IOException {
    if (args.length != 3) {
      System.err.println("Usage: PerformanceReport RESULTS_DIR PAGE.md IMAGES_DIR");
      System.exit(2);
    }
    System.setProperty("java.awt.headless", "true");
    Path images = Files.createDirectories(Path.of(args[2]));
    new PerformanceReport(Results.read(Path.of(args[0])), Path.of(args[1]), images).write();
  }

  private void write() throws IOException {
    Map<String, String> contents = new LinkedHashMap<>();
    if (!results.comparisons().isEmpty()) {
      contents.put("ratios", Tables.ratios(results.comparisons()) + ratioPictures());
      contents.put("contexts", contextPictures());
      contents.put("memory", Tables.memory(results.comparisons()));
      contents.put("conditions", Tables.conditions(results.comparisons()));
    }
    contents.put("growth", growth());
    List<Bench> rooflines = results.benches("growth");
    contents.put("steps", rooflines.isEmpty() ? "" : Tables.steps(rooflines));
    contents.put("starts", starts());
    contents.put(
        "price", Tables.prices(results.benches("price-free"), results.benches("price-deter")));
    contents.put(
        "evaluation",
        results.evaluations().isEmpty() ? "" : Tables.evaluations(results.evaluations()));
    contents.put("kernels", kernels());
    contents.put("regions", results.regions().isEmpty() ? "" : Tables.regions(results.regions()));
    Matcher section = SECTION.matcher(template());
    String text = section.replaceAll(found -> Matcher.quoteReplacement(section(found, contents)));
    Files.writeString(page, text.strip() + "\n");
  }

  /** Text, results and remarks of a section; nothing where nothing was measured. */
  private String section(MatchResult found, Map<String, String> contents) {
    String name = found.group(1);
    String content = contents.getOrDefault(name, "");
    if (content.isEmpty()) {
      return "";
    }
    String remarks = results.remarks().get(name);
    return found.group(2)
        + content.strip()
        + "\n"
        + found.group(3)
        + (remarks == null ? "" : "\n" + remarks + "\n")
        + "\n";
  }

  private static String template() throws IOException {
    try (InputStream in = PerformanceReport.class.getResourceAsStream(TEMPLATE)) {
      return new String(
          Objects.requireNonNull(in, TEMPLATE).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private String ratioPictures() throws IOException {
    Map<String, List<Comparison>> byPeer =
        results.comparisons().stream()
            .collect(
                Collectors.groupingBy(
                    each -> each.theirs().name(), LinkedHashMap::new, Collectors.toList()));
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, List<Comparison>> entry : byPeer.entrySet()) {
      String file = "ratios-" + entry.getKey().replaceAll("[^A-Za-z0-9]", "-");
      Charts.ratios(images.resolve(file + ".png"), entry.getKey(), entry.getValue());
      text.append(picture(file, "Speed against " + entry.getKey()));
    }
    return text.toString();
  }

  private String contextPictures() throws IOException {
    StringBuilder text = new StringBuilder();
    for (Comparison comparison : results.comparisons()) {
      String file =
          "context-"
              + comparison.model().replace(".gguf", "")
              + "-"
              + comparison.theirs().name().replaceAll("[^A-Za-z0-9]", "-");
      if (Charts.contexts(images.resolve(file + ".png"), comparison)) {
        text.append(picture(file, "Time of a token after a context, " + comparison.model()));
      }
    }
    return text.toString();
  }

  private String growth() throws IOException {
    StringBuilder text = new StringBuilder();
    for (Bench bench : results.benches("growth")) {
      Optional<Growth> growth = Growth.of(bench);
      if (growth.isPresent()) {
        String file = "growth-" + bench.model().replace(".gguf", "");
        Charts.growth(images.resolve(file + ".png"), bench.model(), growth.get());
        text.append(Tables.growth(bench, growth.get()));
        text.append(picture(file, "Time of a token against tokens in the cache, " + bench.model()));
      }
    }
    return text.toString();
  }

  private String starts() {
    Map<String, Bench> byWay = new LinkedHashMap<>();
    STARTS.forEach((file, way) ->
        Optional.ofNullable(results.benches().get(file)).ifPresent(bench -> byWay.put(way, bench)));
    return byWay.isEmpty() ? "" : Tables.starts(byWay);
  }

  private String kernels() throws IOException {
    if (results.kernels().isEmpty()) {
      return "";
    }
    KernelResult any = results.kernels().getFirst();
    StringBuilder text = new StringBuilder(any.threads() + " threads, Java " + any.java() + ".\n");
    for (Group group : GROUPS) {
      List<KernelResult> kernels =
          results.kernels().stream()
              .filter(each -> group.benchmarks().contains(each.benchmark()))
              .toList();
      if (!kernels.isEmpty()) {
        Charts.shares(images.resolve(group.file() + ".png"), group.title(), kernels);
        text.append("\n### " + group.title() + "\n")
            .append(picture(group.file(), group.title() + ", share of the bound"))
            .append("\n")
            .append(Tables.kernels(kernels));
      }
    }
    return text.toString();
  }

  private String picture(String file, String text) {
    Path target = images.toAbsolutePath().resolve(file + ".png");
    Path link = page.toAbsolutePath().resolveSibling("").relativize(target);
    return "\n![" + text + "](" + link + ")\n";
  }
}
