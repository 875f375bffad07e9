package org.mla4j.tck;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.mla4j.api.backend.BackendProvider;

/**
 * All that a backend must do, as JUnit tests: extend it once, and say what is tested.
 *
 * <pre>{@code
 * class AcmeConformanceTest extends BackendConformance {
 *   @Override
 *   protected BackendProvider provider() {
 *     return new AcmeProvider();
 *   }
 * }
 * }</pre>
 *
 * <p>Each test carries the number of its rule; {@code docs/spi-specification.md} lists them. What a
 * backend does not support is skipped with the backend's own reason. The table of passed, skipped
 * and failed cases is printed at the end and written to {@code target/mla-tck-report.txt}, or the
 * file that the property {@code mla.tck.report} names. {@code -Dmla.tck.profile=full} runs all of
 * the grids, {@code -Dmla.tck.seed} repeats a run.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@DisplayName("Conformance of a backend")
public abstract class BackendConformance {
  /** The system property that names the file of the report. */
  public static final String REPORT_PROPERTY = "mla.tck.report";

  private final List<CaseResult> results = new ArrayList<>();
  private final ConformanceSettings settings = ConformanceSettings.fromProperties();
  private String backend = "(unknown)";

  /** For subclasses. */
  protected BackendConformance() {}

  /**
   * Returns what is tested.
   *
   * @return the provider
   */
  protected abstract BackendProvider provider();

  /**
   * Returns the options that the backend is opened with.
   *
   * @return name to value, without the backend's name; none unless overridden
   */
  protected Map<String, String> options() {
    return Map.of();
  }

  /**
   * Returns examples of the backend's own ops.
   *
   * @return at least one for each; none unless overridden
   */
  protected List<VendorSample> samples() {
    return List.of();
  }

  /**
   * Makes the tests.
   *
   * @return a container for each group of rules
   */
  @TestFactory
  @DisplayName("Rules")
  protected Stream<DynamicNode> rules() {
    BackendProvider provider = provider();
    backend = String.valueOf(provider.name());
    Map<RuleGroup, List<DynamicNode>> groups = new LinkedHashMap<>();
    for (ConformanceCase test :
        Conformance.cases(provider, settings.options(options()).samples(samples()))) {
      groups.computeIfAbsent(test.rule().group(), key -> new ArrayList<>()).add(node(test));
    }
    return groups.entrySet().stream()
        .map(entry -> DynamicContainer.dynamicContainer(entry.getKey().title(), entry.getValue()));
  }

  private DynamicNode node(ConformanceCase test) {
    return DynamicTest.dynamicTest(test.rule().number() + " " + test.name(), () -> run(test));
  }

  private void run(ConformanceCase test) {
    CaseResult result = test.run();
    results.add(result);
    switch (result.outcome()) {
      case Outcome.Passed passed -> {}
      case Outcome.Skipped(String reason) -> Assumptions.abort(reason);
      case Outcome.Failed(String message, Throwable cause) ->
          throw new AssertionError(message, cause);
    }
  }

  /** Prints the table and writes it to a file. */
  @AfterAll
  protected void report() {
    String text = new ConformanceReport(backend, settings, results).text();
    // Not a test reporter: Surefire shows what is printed, and nothing of reporters.
    System.out.println(text);
    Path file = Path.of(System.getProperty(REPORT_PROPERTY, "target/mla-tck-report.txt"));
    try {
      if (file.getParent() != null) {
        Files.createDirectories(file.getParent());
      }
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
