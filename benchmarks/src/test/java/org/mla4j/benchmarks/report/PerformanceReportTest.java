package org.mla4j.benchmarks.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.benchmarks.peer.Comparison;
import org.mla4j.benchmarks.peer.ContenderReport;
import org.mla4j.benchmarks.peer.PairedTimes;

class PerformanceReportTest {
  private static final String JMH =
      """
      [{"benchmark": "org.mla4j.benchmarks.LinearBenchmark.call", "vmVersion": "25",
        "params": {"kernels": "vector", "threads": "2", "tokens": "1", "weights": "BF16"},
        "primaryMetric": {"score": 240.5},
        "secondaryMetrics": {
          "bound.bandwidth": {"score": 36}, "bound.peak": {"score": 450},
          "share.bandwidth": {"score": 0.97}, "share.peak": {"score": 0.08}}},
       {"benchmark": "org.mla4j.benchmarks.WorkerPoolBenchmark.emptyLoop", "vmVersion": "25",
        "params": {"threads": "2"}, "primaryMetric": {"score": 900, "scoreError": 41}, "secondaryMetrics": {}}]
      """;

  private static final String BENCH =
      """
      {"model": "m", "fileBytes": 4294967296, "cacheType": "F32", "peakMemoryBytes": 4294967296,
       "starts": [{"threads": 2, "openSeconds": 0.5, "readySeconds": 1, "firstTokenSeconds": 2}],
       "limits": [{"threads": 2, "bytesPerSecond": 1e10, "flopsPerSecond": 1e12, "readBytes": 1}],
       "tests": [
         {"test": "tg2 @ d999", "threads": 2, "prompt": 0, "generated": 2, "depth": 999,
          "median": 50, "roofline": {"cacheBytesPerToken": 1e8, "flopsPerToken": 1e9,
            "weightBytesPerToken": 1e8, "bound": "memory", "ofBound": 0.7, "outsideShare": 0.02,
            "ops": [{"op": "linear", "share": 0.9, "ofBound": 0.8}]}},
         {"test": "tg2 @ d1999", "threads": 2, "prompt": 0, "generated": 2, "depth": 1999,
          "median": 25, "roofline": {"cacheBytesPerToken": 2e8, "flopsPerToken": 2e9,
            "weightBytesPerToken": 1e8, "bound": "memory", "ofBound": 0.7, "outsideShare": 0.02,
            "ops": []}}]}
      """;

  @TempDir private Path folder;

  @Test
  void writesTablesAndPictures() throws IOException {
    Path results = Files.createDirectory(folder.resolve("results"));
    Files.writeString(results.resolve("jmh.json"), JMH);
    Files.writeString(
        results.resolve("llama.json"), Results.json().writeValueAsString(comparison()));
    Path page = folder.resolve("performance.md");
    Path images = folder.resolve("images");
    PerformanceReport.main(new String[] {results.toString(), page.toString(), images.toString()});
    String text = Files.readString(page);
    assertFalse(text.contains("{{"), text);
    assertTrue(
        text.contains(
            "| v2-q4_0.gguf | pp512 | 512.0 | 256.0 (llama.cpp) | 2.00 to 4.00 | **2.00** | ≥ 1.40"
                + " | ≥ 1.90 | ✅ aim |"),
        text);
    // One round is no median, and not judged.
    assertTrue(text.contains("| 1.00 to 1.00 | **1.00** |  |  |  |"), text);
    assertTrue(text.contains("| 2.0 / 3.0 | 8.00 / 14.00 | 1.00 / 1.75 | **0.57** |"), text);
    assertTrue(text.contains("| 241 | 36.0 | 450 | memory | **0.97** | ≥ 0.95 |  | ✅ |"), text);
    for (String name :
        List.of("ratios-llama-cpp", "context-v2-q4_0-llama-cpp", "kernels-products")) {
      assertTrue(text.contains("](images/" + name + ".png)"), text);
      BufferedImage picture = ImageIO.read(images.resolve(name + ".png").toFile());
      assertEquals(1000, picture.getWidth());
    }
  }

  @Test
  void showsWhatOtherCommandsFound() throws IOException {
    Path results = Files.createDirectory(folder.resolve("results"));
    Files.writeString(results.resolve("growth-decode.json"), BENCH);
    Files.writeString(results.resolve("start-mapped.json"), BENCH);
    Files.writeString(results.resolve("price-free-1.json"), BENCH);
    Files.writeString(
        results.resolve("price-deterministic-1.json"),
        BENCH.replace("\"median\": 50", "\"median\": 25"));
    Files.writeString(
        results.resolve("evaluation.json"),
        Results.json().writeValueAsString(List.of(new Evaluation("Q8_0", 500, 494, 489, 3))));
    Path remarks = Files.createDirectory(results.resolve("remarks"));
    Files.writeString(remarks.resolve("growth.md"), "Nothing else ran.\n");
    Path page = folder.resolve("performance.md");
    PerformanceReport.main(
        new String[] {results.toString(), page.toString(), folder.resolve("images").toString()});
    String text = Files.readString(page);
    for (String row :
        List.of(
            "| m | F32 | 1000 | 20.00 | 20.00 |",
            "| m | 0.0 % | 20.000 | 10.000 | **2.00** | ≤ 1.30 |  | ❌ by 53.8 % |",
            "| `linear` 90 % (0.80) | **0.020** | ≤ 0.03 |  | ✅ |",
            "| `--no-repack` | 0.50 | 1.00 | 4.00 | first token, s | **2.00** | ≤ 3 |  | ✅ |",
            "| m | tg2 @ d999 | 50.0 | 25.0 | **0.50** | 0.50 to 0.50 |",
            "| Q8_0 | 500 | 494 | 3 matrices in BF16 | **489** | ≥ 495 |  | ❌ by 1.2 % |")) {
      assertTrue(text.contains(row), row + "\n" + text);
    }
    assertTrue(text.contains("images/growth-m.png)\n\nNothing else ran.\n"), text);
    assertFalse(text.contains("## Against"), text);
  }

  @Test
  void keepsOfJmhWhatIsShown() throws IOException {
    Path jmh = Files.writeString(folder.resolve("jmh.json"), JMH);
    Path kept = folder.resolve("kernels.json");
    KernelResults.main(new String[] {jmh.toString(), kept.toString()});
    List<Object> all = Results.kept(Results.json().readTree(jmh));
    assertEquals(all, Results.kept(Results.json().readTree(kept)));
    assertEquals(new RegionResult(2, 900, 41), all.get(1));
    assertEquals(2, all.size());
  }

  private static Comparison comparison() {
    List<PairedTimes> times =
        List.of(
            new PairedTimes(
                "pp512", List.of(1.0, 1.0, 0.5, 1.0, 0.5), List.of(2.0, 2.0, 2.0, 2.0, 2.0)),
            new PairedTimes("tg10", List.of(1.0), List.of(1.0)),
            new PairedTimes("tg10@4096", List.of(1.0), List.of(2.0)));
    return new Comparison(
        "v2-q4_0.gguf",
        8L << 30,
        2,
        "a machine",
        "2026-11-21",
        true,
        new ContenderReport("MLA4J", "1", "cache BF16", 2, 8L << 30),
        new ContenderReport("llama.cpp", "2", "default", 3, 14L << 30),
        times);
  }
}
