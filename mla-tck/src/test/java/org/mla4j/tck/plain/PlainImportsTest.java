package org.mla4j.tck.plain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A second opinion is one only if it does not listen to the first. */
class PlainImportsTest {
  private static final Path SOURCES = Path.of("src/test/java/org/mla4j/tck/plain");

  /** What tests the backend, and is no part of it. */
  private static final List<String> AROUND =
      List.of("SmallModel.java", "ProviderLoader.java", "OwnOpSamples.java");

  @Test
  void theBackendKnowsTheApiAndNothingElseOfOurs() throws IOException {
    try (Stream<Path> files = Files.list(SOURCES)) {
      List<Path> backend = files.filter(PlainImportsTest::isBackend).toList();
      assertFalse(backend.isEmpty());
      for (Path file : backend) {
        List<String> foreign =
            Files.readAllLines(file).stream()
                .filter(line -> line.contains("org.mla4j."))
                .filter(line -> !line.startsWith("package org.mla4j.tck.plain;"))
                .filter(line -> !line.startsWith("import org.mla4j.api."))
                .toList();
        assertEquals(List.of(), foreign, file.toString());
      }
    }
  }

  private static boolean isBackend(Path file) {
    String name = file.getFileName().toString();
    return !name.endsWith("Test.java") && !AROUND.contains(name);
  }
}
