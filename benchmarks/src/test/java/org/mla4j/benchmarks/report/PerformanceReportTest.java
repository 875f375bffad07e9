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
        "params": {"threads": "2"}, "primaryMetric": {"score": 900}, "secondaryMetrics": {}}]
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
        text.contains("| m.gguf | pp512 | 512.0 | 256.0 (llama.cpp) | **2.00** | 2.00 to 4.00 |"),
        text);
    assertTrue(text.contains("| m.gguf | 8.00 | llama.cpp | 14.00 | 1.75 | 3.0 |"), text);
    assertTrue(
        text.contains("| LinearBenchmark | 1 token, BF16 | 241 | memory | 0.97 | 36.0 | 450 |"),
        text);
    for (String name : List.of("ratios-llama-cpp", "context-m-llama-cpp", "kernels-products")) {
      assertTrue(text.contains("](images/" + name + ".png)"), text);
      BufferedImage picture = ImageIO.read(images.resolve(name + ".png").toFile());
      assertEquals(1000, picture.getWidth());
    }
  }

  @Test
  void keepsOfJmhWhatIsShown() throws IOException {
    Path jmh = Files.writeString(folder.resolve("jmh.json"), JMH);
    Path kept = folder.resolve("kernels.json");
    KernelResults.main(new String[] {jmh.toString(), kept.toString()});
    assertEquals(
        Results.kernels(Results.json().readTree(jmh)),
        Results.kernels(Results.json().readTree(kept)));
    assertEquals(1, Results.kernels(Results.json().readTree(kept)).size());
  }

  private static Comparison comparison() {
    List<PairedTimes> times =
        List.of(
            new PairedTimes("pp512", List.of(1.0, 1.0, 0.5), List.of(2.0, 2.0, 2.0)),
            new PairedTimes("tg10", List.of(1.0), List.of(1.0)),
            new PairedTimes("tg10@4096", List.of(1.0), List.of(2.0)));
    return new Comparison(
        "m.gguf",
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
