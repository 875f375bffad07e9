package org.mla4j.models.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * Templates in the manner of the families, against what Python's jinja2 makes of the same
 * conversations; see {@code src/test/oracle/family_oracle.py}.
 */
class FamilyTemplatesTest {
  /** Where the template, and a call of {@code raise_exception} or a failure in it, must be. */
  private static final String PLACE = ".jinja:\\d+:\\d+: .+ \\[MLA-0208]";

  /** The content of the case file: prompts by family and conversation, null for a failure. */
  record Cases(
      Map<String, Map<String, Object>> conversations, Map<String, Map<String, String>> families) {}

  @TestFactory
  Stream<DynamicNode> agreeWithPython() throws IOException {
    Cases cases = JsonMapper.shared().readValue(read("cases.json"), Cases.class);
    assertEquals(9, cases.families().size());
    return cases.families().entrySet().stream()
        .map(family ->
            DynamicContainer.dynamicContainer(
                family.getKey(),
                family.getValue().entrySet().stream()
                    .map(prompt ->
                        DynamicTest.dynamicTest(
                            prompt.getKey(),
                            () ->
                                check(
                                    family.getKey() + ".jinja",
                                    cases.conversations().get(prompt.getKey()),
                                    prompt.getValue())))));
  }

  private static void check(String name, Map<String, Object> variables, String expected)
      throws IOException {
    ChatTemplate template = ChatTemplate.parse(read(name), name);
    if (expected == null) {
      TemplateException failure =
          assertThrows(TemplateException.class, () -> template.render(variables));
      assertEquals(true, failure.getMessage().matches("[a-z0-9.-]+" + PLACE), failure::getMessage);
    } else {
      assertEquals(expected, template.render(variables));
    }
  }

  private static String read(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            FamilyTemplatesTest.class.getResourceAsStream("families/" + name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
