package org.mla4j.models.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * Compares with what Python's jinja2 made of the same templates; see {@code
 * src/test/oracle/jinja_oracle.py}.
 */
class JinjaConformanceTest {

  /** The content of the case file. */
  record Cases(Map<String, Object> variables, List<Group> groups) {}

  /** Cases about one construct. */
  record Group(String name, List<Case> cases) {}

  /** A template, and its output or the fact that it fails. */
  record Case(String template, String output, boolean fails) {}

  @TestFactory
  Stream<DynamicNode> agreesWithPython() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(getClass().getResourceAsStream("jinja-cases.json"))) {
      Cases cases = JsonMapper.builder().build().readValue(in, Cases.class);
      return cases.groups().stream().map(group -> group(group, cases.variables()));
    }
  }

  private static DynamicNode group(Group group, Map<String, Object> variables) {
    return DynamicContainer.dynamicContainer(
        group.name(),
        group.cases().stream()
            .map(c -> DynamicTest.dynamicTest("> " + c.template(), () -> check(c, variables))));
  }

  private static void check(Case expected, Map<String, Object> variables) {
    if (expected.fails()) {
      assertThrows(TemplateException.class, () -> render(expected.template(), variables));
    } else {
      assertEquals(expected.output(), render(expected.template(), variables));
    }
  }

  private static String render(String template, Map<String, Object> variables) {
    return ChatTemplate.parse(template, "case").render(variables);
  }
}
