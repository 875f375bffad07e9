package org.mla4j.models.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.api.error.InvalidInputException;

class ChatTemplateTest {

  private static String render(String template, Map<String, ?> variables) {
    return ChatTemplate.parse(template, "t").render(variables);
  }

  @Test
  void rendersMessages() {
    ChatTemplate template =
        ChatTemplate.parse(
            "{% for m in messages %}[{{ m.role }}: {{ m.content }}]{% endfor %}"
                + "{{ add_generation_prompt }} {{ tools }} {{ documents }}",
            "t");
    List<ChatMessage> messages =
        List.of(
            ChatMessage.system("s"),
            ChatMessage.user("u"),
            ChatMessage.assistant("a"),
            ChatMessage.tool("t"),
            ChatMessage.of("critic", "c"));
    assertEquals(
        "[system: s][user: u][assistant: a][tool: t][critic: c]True None None",
        template.render(messages, true));
    assertEquals("False None None", template.render(List.of(), false));
    assertEquals("t", template.origin());
  }

  @Test
  void canBeRenderedAgain() {
    ChatTemplate template =
        ChatTemplate.parse("{% set ns = namespace(i=0) %}{% set ns.i = ns.i + n %}{{ ns.i }}", "t");
    assertEquals("1", template.render(Map.of("n", 1)));
    assertEquals("2", template.render(Map.of("n", 2)));
  }

  @Test
  void doesNotDependOnTheLocale() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("tr-TR"));
      assertEquals(
          "I i 1,234.50 1.5 title",
          render(
              "{{ 'i'.upper() }} {{ 'I'|lower }} {{ '{:,.2f}'.format(1234.5) }} {{ 1.5 }} {{"
                  + " 'TITLE'|lower }}",
              Map.of()));
    } finally {
      Locale.setDefault(before);
    }
  }

  /** The time as {@code strftime} writes it in the C locale, computed with Python. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "%a %A %b %B %h; Thu Thursday Jul July Jul; Sun Sunday Dec December Dec",
        "%c; Thu Jul  4 00:05:09 2024; Sun Dec 27 15:45:00 2026",
        "%C %y %Y; 20 24 2024; 20 26 2026",
        "%d %-d %e %-e; 04 4  4 4; 27 27 27 27",
        "%D %x %F; 07/04/24 07/04/24 2024-07-04; 12/27/26 12/27/26 2026-12-27",
        "%H %-H %I %-I %p; 00 0 12 12 AM; 15 15 03 3 PM",
        "%j %-j; 186 186; 361 361",
        "%m %-m; 07 7; 12 12",
        "%M %-M %S %-S %f; 05 5 09 9 123456; 45 45 00 0 000000",
        "%R %T %X; 00:05 00:05:09 00:05:09; 15:45 15:45:00 15:45:00",
        "%u %w; 4 4; 7 0",
        "%z%Z|%%|; |%|; |%|",
        "%d %B %Y; 04 July 2024; 27 December 2026",
      })
  void formatsTime(String format, String july, String december) {
    ChatTemplate template = ChatTemplate.parse("{{ strftime_now(format) }}", "t");
    Map<String, String> variables = Map.of("format", format);
    assertEquals(july, template.withClock(at(2024, 7, 4, 0, 5, 9, 123_456_789)).render(variables));
    assertEquals(december, template.withClock(at(2026, 12, 27, 15, 45, 0, 0)).render(variables));
  }

  private static Clock at(
      int year, int month, int day, int hour, int minute, int second, int nano) {
    return Clock.fixed(
        LocalDateTime.of(year, month, day, hour, minute, second, nano).toInstant(ZoneOffset.UTC),
        ZoneOffset.UTC);
  }

  /** What callers may pass in. */
  @Nested
  class Variables {

    @Test
    void ofEveryKindAreTaken() {
      Map<String, Object> variables = new HashMap<>();
      variables.put(
          "v",
          Arrays.asList(
              null,
              true,
              (byte) 1,
              (short) 2,
              3,
              4L,
              BigInteger.TWO,
              1.5f,
              2.5,
              new BigDecimal("3.50"),
              'c',
              "s",
              new StringBuilder("b"),
              new Object[] {1, "x"},
              new TreeSet<>(List.of(2, 1)),
              new TreeMap<>(Map.of("k", 1)),
              Map.of(1, "one"),
              Optional.of(1),
              Optional.empty()));
      assertEquals(
          "[None, True, 1, 2, 3, 4, 2, 1.5, 2.5, 3.5, 'c', 's', 'b', [1, 'x'], [1, 2], {'k': 1},"
              + " {1: 'one'}, 1, None]",
          render("{{ v }}", variables));
    }

    @Test
    void thatAreNullAreNoneAndNotUndefined() {
      Map<String, Object> variables = Collections.singletonMap("v", null);
      assertEquals(
          "True None False", render("{{ v is defined }} {{ v }} {{ w is defined }}", variables));
    }

    @Test
    void ofOtherKindsAreRefused() {
      InvalidInputException refusal =
          assertThrows(
              InvalidInputException.class,
              () -> render("", Map.of("v", List.of(Map.of("k", new int[0])))));
      assertEquals(
          "Template variable 'v[0].k' has the type [I; a template takes null, Boolean, numbers,"
              + " CharSequence, Map, Iterable, Object[] and Optional. [MLA-0401]",
          refusal.getMessage());
    }

    @Test
    void thatDoNotFitAreRefused() {
      BigInteger large = BigInteger.ONE.shiftLeft(63);
      assertEquals(
          "Template variable 'v' is 9223372036854775808, which does not fit in 64 bits. [MLA-0401]",
          assertThrows(InvalidInputException.class, () -> render("", Map.of("v", large)))
              .getMessage());
    }

    @Test
    void thatContainThemselvesAreRefused() {
      List<Object> list = new ArrayList<>();
      list.add(list);
      assertEquals(
          "Template variable 'v[0][0][0][0][0][0][0][0][0][0][0][0][0]...' is nested deeper than"
              + " 100 levels; does it contain itself? [MLA-0401]",
          assertThrows(InvalidInputException.class, () -> render("", Map.of("v", list)))
              .getMessage());
    }
  }

  /** Messages as templates see them. */
  @Nested
  class Messages {

    @Test
    void haveNoFieldsThatTheyDoNotNeed() {
      assertEquals(Map.of("role", "user", "content", "hi"), ChatMessage.user("hi").toVariables());
    }

    @Test
    void carryToolCallsAndFurtherFields() {
      ChatMessage message =
          ChatMessage.assistant(null, List.of(ToolCall.of("f", Map.of("x", 1))))
              .with("reasoning_content", "hm")
              .with("name", null);
      assertEquals(
          "{'role': 'assistant', 'content': None, 'tool_calls': [{'type': 'function', 'function':"
              + " {'name': 'f', 'arguments': {'x': 1}}}], 'reasoning_content': 'hm', 'name': None}",
          render("{{ m }}", Map.of("m", message.toVariables())));
    }

    @Test
    void keepTheirOwnFields() {
      assertEquals(
          "The field 'content' of a message has a component of its own. [MLA-0401]",
          assertThrows(
                  InvalidInputException.class, () -> ChatMessage.user("a").with("content", "b"))
              .getMessage());
    }

    @Test
    void refuseArgumentsThatAreNeitherMapNorText() {
      assertEquals(
          "The arguments of tool 'f' have the type java.lang.Integer; expected a Map or a String of"
              + " JSON. [MLA-0401]",
          assertThrows(InvalidInputException.class, () -> new ToolCall("f", 1, null)).getMessage());
    }
  }
}
