package org.mla4j.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mla4j.tck.plain.OwnOpSamples;

@DisplayName("The page of the specification and the rules in code")
class SpecificationPageTest {
  private static final Pattern RULE = Pattern.compile("^\\| (R-[A-Z]{2}-\\d{3}) \\| (.*?) \\|$");

  @Test
  void sayTheSame() throws IOException {
    Path page =
        Path.of(System.getProperty("mla.repository", "..")).resolve("docs/spi-specification.md");
    Map<String, String> written = new LinkedHashMap<>();
    for (String line : Files.readAllLines(page)) {
      Matcher rule = RULE.matcher(line);
      if (rule.matches()) {
        assertEquals(null, written.put(rule.group(1), rule.group(2)), "twice on the page");
      }
    }
    assertEquals(
        Rules.all().stream()
            .collect(Collectors.toMap(Rule::number, Rule::title, (a, b) -> a, LinkedHashMap::new)),
        written);
  }

  @Test
  void numbersAreUnique() {
    assertEquals(Rules.all().size(), Rules.all().stream().map(Rule::number).distinct().count());
  }

  @Test
  void everyRuleHasACase() {
    Map<String, Long> cases =
        cases().stream()
            .collect(Collectors.groupingBy(test -> test.rule().number(), Collectors.counting()));
    for (Rule rule : Rules.all()) {
      assertEquals(true, cases.containsKey(rule.number()), rule::toString);
    }
  }

  @Test
  void casesOfARuleHaveNamesOfTheirOwn() {
    var names = cases().stream().map(test -> test.rule().number() + " " + test.name()).toList();
    assertEquals(names.size(), names.stream().distinct().count(), () -> repeated(names));
  }

  private static java.util.List<ConformanceCase> cases() {
    return Conformance.cases(
        new ReferenceBackend.Provider(), ConformanceSettings.quick().samples(OwnOpSamples.all()));
  }

  private static String repeated(java.util.List<String> names) {
    return names.stream()
        .collect(Collectors.groupingBy(name -> name, Collectors.counting()))
        .entrySet()
        .stream()
        .filter(entry -> entry.getValue() > 1)
        .map(Map.Entry::getKey)
        .collect(Collectors.joining("; "));
  }
}
