package org.mla4j.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A provider is declared twice: in the module descriptor for the module path, in {@code
 * META-INF/services} for the class path. One without the other is found in half of all
 * applications, and nothing says so in the other half.
 */
class ServiceFilesTest {
  private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/|//[^\n]*", Pattern.DOTALL);
  private static final Pattern PROVIDES =
      Pattern.compile("provides\\s+([\\w.]+)\\s+with\\s+([^;]+);");

  private static List<Path> modules() {
    return Sources.modules();
  }

  @Test
  void thereAreModulesToLookAt() {
    assertFalse(modules().isEmpty());
  }

  @ParameterizedTest
  @MethodSource("modules")
  void bothDeclarationsAreEqual(Path module) throws IOException {
    assertEquals(provided(module), listed(module));
  }

  /** Service to providers, as the module descriptor has them. */
  private static Map<String, List<String>> provided(Path module) {
    String source = COMMENT.matcher(Sources.read(Sources.descriptor(module))).replaceAll("");
    Map<String, List<String>> services = new TreeMap<>();
    PROVIDES
        .matcher(source)
        .results()
        .forEach(provides ->
            services.put(
                provides.group(1),
                Stream.of(provides.group(2).split(",")).map(String::strip).sorted().toList()));
    return services;
  }

  /** Service to providers, as the files have them. */
  private static Map<String, List<String>> listed(Path module) throws IOException {
    Map<String, List<String>> services = new TreeMap<>();
    Path folder = module.resolve("src/main/resources/META-INF/services");
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        files.forEach(file ->
            services.put(
                file.getFileName().toString(),
                Sources.read(file)
                    .lines()
                    .map(line -> line.replaceFirst("#.*", "").strip())
                    .filter(line -> !line.isEmpty())
                    .sorted()
                    .toList()));
      }
    }
    return services;
  }
}
