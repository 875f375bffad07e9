package org.mla4j.models.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.models.template.TemplateException.Kind;

/** What users read when a template is wrong, or is given what it does not expect. */
class TemplateErrorTest {

  private static final Map<String, Object> VARIABLES =
      Map.of("n", 7, "s", "text", "l", List.of(3, 1, 2), "d", Map.of("a", 1));

  /** A template with the kind, the place and the words of its failure. */
  private record Failure(String template, Kind kind, String place, String detail) {}

  private static final List<Failure> FAILURES =
      List.of(
          syntax("{{ }}", "1:4", "expected an expression, found '}}'"),
          syntax("a\n{% if n %}\n  b", "2:4", "'if' is never closed by 'endif'"),
          syntax("\r\n\r {{ (n }}", "3:8", "expected ')', found '}'"),
          syntax("{{ n) }}", "1:5", "')' closes nothing"),
          syntax("{{ 'abc }}", "1:4", "string without a closing '"),
          syntax("x {{ n", "1:3", "tag without }}"),
          syntax("x {% if n", "1:3", "tag without %}"),
          syntax("{# ", "1:1", "comment without #}"),
          syntax("{% raw %}", "1:1", "{% raw %} without {% endraw %}"),
          syntax("{{ n ? 1 : 2 }}", "1:6", "unexpected character '?'"),
          syntax("{{ n s }}", "1:6", "expected '}}', found 's'"),
          syntax("{{ n 's' }}", "1:6", "expected '}}', found the string 's'"),
          syntax(
              "{{ 9223372036854775808 }}",
              "1:4",
              "the integer 9223372036854775808 does not fit in 64 bits"),
          syntax(
              "{{ '\\x4' }}",
              "1:4",
              "truncated escape in the string; expected 2 hexadecimal digits"),
          syntax("{{ '\\N{DASH}' }}", "1:4", "characters by name (\\N{...}) are not supported"),
          syntax("{{ '\\U00110000' }}", "1:4", "the escape names a character beyond Unicode"),
          syntax("{{ f(a=1, 2) }}", "1:11", "a positional argument cannot follow * or a named one"),
          syntax("{{ f(**d, 2) }}", "1:11", "no argument can follow **"),
          syntax("{{ n is odd is even }}", "1:13", "tests cannot be chained; join them with 'and'"),
          syntax("{% set true = 1 %}", "1:8", "'true' cannot be assigned to"),
          syntax("{% break %}", "1:4", "'break' outside of a loop"),
          syntax(
              "{% for i in l %}{% macro m() %}{% continue %}{% endmacro %}{% endfor %}",
              "1:35", "'continue' outside of a loop"),
          syntax(
              "{% macro m(a=1, b) %}{% endmacro %}",
              "1:17", "the parameter 'b' needs a default, like the one before"),
          syntax(
              "{% macro m(caller) %}{% endmacro %}",
              "1:12", "the parameter 'caller' needs a default"),
          syntax("{% call n %}{% endcall %}", "1:9", "'call' needs the call of a macro"),
          syntax(
              "{% include 'x' %}",
              "1:4",
              "no tag named 'include' can stand here; there are: break, call, continue, filter,"
                  + " for, generation, if, macro, raw, set, with"),
          evaluation("{{ messages[0].role }}", "1:12", "'messages' is undefined"),
          evaluation("a\n  {{ d.b.c }}", "2:9", "'dict object' has no attribute 'b'"),
          evaluation("{{ l[9].x }}", "1:8", "list object has no element 9"),
          evaluation("{{ none.x.y }}", "1:10", "'None' has no attribute 'x'"),
          evaluation(
              "{{ ('a' if no) + 'b' }}",
              "1:16",
              "the condition of an 'if' without 'else' was false"),
          evaluation(
              "{{ s + n }}",
              "1:6",
              "unsupported operands for +: str and int; to join text with another value use ~"),
          evaluation("{{ s - n }}", "1:6", "unsupported operands for -: str and int"),
          evaluation("{{ -s }}", "1:4", "unsupported operand for unary -: str"),
          evaluation("{{ n / 0 }}", "1:6", "division by zero"),
          evaluation(
              "{{ 4611686018427387904 * 2 }}",
              "1:24",
              "the integer result does not fit in 64 bits"),
          evaluation("{{ n < s }}", "1:6", "int and str have no order, so < cannot compare them"),
          evaluation(
              "{{ n in s }}", "1:6", "only a string can be in a string, not a value of type int"),
          evaluation("{{ s in n }}", "1:6", "a value of type int is not iterable"),
          evaluation("{{ {l: 1} }}", "1:4", "a value of type list cannot be the key of a dict"),
          evaluation("{{ n[1:] }}", "1:5", "a value of type int has no slices"),
          evaluation(
              "{{ l['a':] }}", "1:5", "the bounds of a slice are integers, not values of type str"),
          evaluation("{{ s() }}", "1:5", "a value of type str cannot be called"),
          evaluation("{{ foo() }}", "1:7", "'foo' is undefined"),
          evaluation("{{ s.upper }}", "1:5", "the function 'upper' has no text; call it with ()"),
          evaluation(
              "{{ l|map('string') }}",
              "1:5",
              "a generator has no text; put |list or |join behind it"),
          evaluation(
              "{{ s.encode() }}",
              "1:5",
              "the string method 'encode' is not supported; these are: " + methods()),
          evaluation(
              "{{ s.split(',', 1, 2) }}", "1:11", "split() takes at most 2 arguments, got 3"),
          evaluation("{{ s.upper(1) }}", "1:11", "upper() takes no arguments, got 1"),
          evaluation("{{ s.replace('t') }}", "1:13", "replace() needs the argument 'new'"),
          evaluation("{{ s.strip(n) }}", "1:11", "strip() needs a string as 'chars', got int"),
          evaluation(
              "{{ s.split(sep=',', sep2=1) }}",
              "1:11",
              "split() has no argument 'sep2'; it has: sep, maxsplit"),
          evaluation(
              "{{ s.split(',', sep=',') }}",
              "1:11",
              "split() got two values for the argument 'sep'"),
          evaluation(
              "{{ s.split(sep=',', **{'sep': 1}) }}", "1:11", "the argument 'sep' is given twice"),
          evaluation("{{ s.center(*n) }}", "1:12", "a value of type int is not iterable"),
          evaluation("{{ s.center(**l) }}", "1:12", "** needs a dict, got a value of type list"),
          evaluation(
              "{{ ''.join(l) }}",
              "1:11",
              "join() joins strings; element 0 has type int; the filter |join takes any value"),
          evaluation(
              "{{ d.update(d) }}",
              "1:12",
              "access to attribute 'update' of 'dict' object is unsafe: a template cannot change a"
                  + " value; use namespace() or build a new one"),
          evaluation(
              "{{ missing|tojson }}",
              "1:12",
              "an undefined value has no JSON form: 'missing' is undefined"),
          evaluation(
              "{{ n|tojson(depth=2) }}",
              "1:6",
              "tojson() has no argument 'depth'; it has: ensure_ascii, indent, separators,"
                  + " sort_keys"),
          evaluation(
              "{{ n|round(1, 'up') }}",
              "1:6",
              "round has no method 'up'; it has: common, ceil, floor"),
          evaluation(
              "{{ s is even }}", "1:6", "only numbers can be divided, not a value of type str"),
          evaluation("{{ '%d' % s }}", "1:9", "%d needs a number, got str"),
          evaluation(
              "{{ '%s%s' % s }}",
              "1:11", "the format string has more conversions than % has arguments"),
          evaluation(
              "{{ '%s' % (s, s) }}",
              "1:9", "not all arguments of % were used by the format string"),
          evaluation("{{ '{x}'.format(y=1) }}", "1:16", "format() needs the argument 'x'"),
          evaluation(
              "{{ '{:d}'.format(s) }}", "1:17", "the format 'd' does not fit a value of type str"),
          evaluation(
              "{{ strftime_now('%Q') }}",
              "1:16", "the time format '%Q' has an unknown directive %Q"),
          evaluation(
              "{{ strftime_now('%') }}", "1:16", "the time format '%' ends inside a directive"),
          evaluation(
              "{% set d.a = 1 %}",
              "1:8", "'d' is not a namespace, so its attributes cannot be assigned"),
          evaluation("{% set a, b = l %}", "1:8", "expected 2 values to unpack, got 3"),
          evaluation("{% for a in n %}{% endfor %}", "1:13", "a value of type int is not iterable"),
          evaluation(
              "{% for i in l %}{{ loop(l) }}{% endfor %}",
              "1:24", "this loop calls itself but is not marked as recursive"),
          evaluation(
              "{% macro m() %}{% endmacro %}{{ m(1) }}",
              "1:34", "macro 'm' takes not more than 0 argument(s), got 1"),
          evaluation(
              "{% macro m() %}{% endmacro %}{{ m(a=1) }}",
              "1:34", "macro 'm' takes no keyword argument 'a'"),
          evaluation(
              "{% macro m(a) %}{{ a.b }}{% endmacro %}\n{{ m() }}",
              "1:21", "parameter 'a' was not provided"),
          evaluation(
              "{% filter nope %}{% endfilter %}",
              "1:11", "no filter named 'nope'; there are: " + filters()),
          new Failure(
              "{{ raise_exception('Roles must alternate: ' ~ n) }}",
              Kind.RAISED,
              "1:19",
              "Roles must alternate: 7"));

  private static Failure syntax(String template, String place, String detail) {
    return new Failure(template, Kind.SYNTAX, place, detail);
  }

  private static Failure evaluation(String template, String place, String detail) {
    return new Failure(template, Kind.EVALUATION, place, detail);
  }

  private static String filters() {
    return "abs, attr, batch, capitalize, center, count, d, default, dictsort, e, escape, first,"
        + " float, forceescape, format, indent, int, items, join, last, length, list, lower,"
        + " map, max, min, reject, rejectattr, replace, reverse, round, safe, select,"
        + " selectattr, sort, string, sum, title, tojson, trim, truncate, unique, upper,"
        + " wordcount";
  }

  private static String methods() {
    return "capitalize, center, count, endswith, find, format, index, isalnum, isalpha, isascii,"
        + " isdecimal, isdigit, islower, isspace, isupper, join, ljust, lower, lstrip, partition,"
        + " removeprefix, removesuffix, replace, rfind, rindex, rjust, rpartition, rsplit, rstrip,"
        + " split, splitlines, startswith, strip, swapcase, title, upper, zfill";
  }

  @TestFactory
  Stream<DynamicTest> failuresSayWhatAndWhere() {
    return FAILURES.stream()
        .map(failure -> DynamicTest.dynamicTest("> " + failure.template(), () -> check(failure)));
  }

  private static void check(Failure expected) {
    TemplateException failure = fail(expected.template());
    assertEquals(
        "model/chat.jinja:" + expected.place() + ": " + expected.detail() + " [MLA-0208]",
        failure.getMessage());
    assertEquals(expected.kind(), failure.kind());
    assertEquals(expected.detail(), failure.detail());
    assertEquals("model/chat.jinja", failure.origin());
    assertEquals(expected.place(), failure.line() + ":" + failure.column());
    assertEquals(ErrorCode.CHAT_TEMPLATE, failure.code());
  }

  /** Templates that would exhaust the machine. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ 'x' * 100000000 }}",
        "{{ 'xy' * 9223372036854775807 }}",
        "{{ [0] * 100000000 }}",
        "{{ ('a' * 60000)|replace('a', 'b' * 60000) }}",
        "{{ 'a'.center(1000000000) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ [1]|tojson(indent=1000000000) }}",
        "{{ range(1000000000) }}",
        "{{ range(-9223372036854775807, 9223372036854775807) }}",
        "{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s ~ ns.s %}{%"
            + " endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(100) %}{% set ns.l = ns.l + ns.l %}{%"
            + " endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{%"
            + " endfor %}{{ ns.l }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(50000) %}{% set ns.l = [ns.l] %}{% endfor"
            + " %}{{ ns.l }}",
        "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
        "{% set text = 'x' * 1000000 %}{% for i in range(100) %}{{ text }}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% for x in [[]] recursive %}{{ loop([[]]) }}{% endfor %}",
      })
  void runawayTemplatesAreStopped(String template) {
    assertEquals(Kind.LIMIT, fail(template).kind());
  }

  @Test
  void deeplyNestedSourcesAreRefused() {
    Map<String, String> brackets =
        Map.of("(", ")", "[", "]", "{'a':", "}", "n(", ")", "n[", "]", "not ", "", "-", "");
    brackets.forEach((open, close) ->
        assertEquals(
            Kind.LIMIT,
            fail("{{ " + open.repeat(20_000) + "n" + close.repeat(20_000) + " }}").kind(),
            open));
    assertEquals(Kind.LIMIT, fail("{{ " + "1 if no else ".repeat(20_000) + "1 }}").kind());
    assertEquals(Kind.LIMIT, fail("{{ " + "1 if ".repeat(20_000) + "1 }}").kind());
    assertEquals(Kind.LIMIT, fail("{{ n" + "|string".repeat(20_000) + " }}").kind());
    assertEquals(Kind.LIMIT, fail("{% if n %}".repeat(20_000)).kind());
    assertEquals(
        Kind.LIMIT,
        fail("{% set " + "(".repeat(20_000) + "a" + ")".repeat(20_000) + " = 1 %}").kind());
  }

  @Test
  void longSourcesAreNoProblem() {
    String[] terms = new String[400];
    Arrays.fill(terms, "n");
    String elif = "{% elif n == 1 %}x".repeat(5000);
    assertEquals(
        "2800",
        ChatTemplate.parse("{{ " + String.join(" + ", terms) + " }}", "t").render(VARIABLES));
    assertEquals(
        "last",
        ChatTemplate.parse("{% if no %}" + elif + "{% else %}last{% endif %}", "t")
            .render(VARIABLES));
  }

  @Test
  void saysHowMuchWasTooMuch() {
    assertEquals(
        "a string of 100,000,000 characters exceeds the limit of 67,108,864",
        fail("{{ 'x' * 100000000 }}").detail());
    assertEquals(
        "more than 2,000,000 loop iterations and macro calls",
        fail("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}")
            .detail());
    assertEquals(
        "nested deeper than 100 levels",
        fail("{{ " + "(".repeat(200) + ")".repeat(200) + " }}").detail());
    assertEquals(
        "nested deeper than 500 levels",
        fail("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}").detail());
  }

  private static TemplateException fail(String template) {
    return assertThrows(
        TemplateException.class,
        () -> ChatTemplate.parse(template, "model/chat.jinja").render(VARIABLES));
  }
}
