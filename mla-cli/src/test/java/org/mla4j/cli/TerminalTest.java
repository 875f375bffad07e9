package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.error.InvalidInputException;

class TerminalTest {
  private static Stream<Function<Terminal, String>> ways() {
    return Stream.of(Terminal::readLine, Terminal::readAll);
  }

  @ParameterizedTest
  @MethodSource("ways")
  void inputThatIsNoUtf8IsRefused(Function<Terminal, String> read) {
    Terminal terminal =
        new TestTerminal(false, "café".getBytes(StandardCharsets.ISO_8859_1)).terminal();
    assertEquals(
        "Standard input has bytes that are no UTF-8; expected UTF-8, whatever the locale. [MLA-0401]",
        assertThrows(InvalidInputException.class, () -> read.apply(terminal)).getMessage());
  }

  @Test
  void inputIsReadAsItIs() {
    assertEquals("a\r\n ｜\n", new TestTerminal(false, "a\r\n ｜\n").terminal().readAll());
  }

  @Test
  void linesEndWithTheInput() {
    Terminal terminal = new TestTerminal(false, "a\nb").terminal();
    assertEquals("a", terminal.readLine());
    assertEquals("b", terminal.readLine());
    assertNull(terminal.readLine());
  }

  @Test
  void onlyPeopleReadNotes() {
    TestTerminal script = new TestTerminal(false, "");
    script.terminal().note("> ");
    assertEquals("", script.err());
    TestTerminal person = new TestTerminal(true, "");
    person.terminal().note("> ");
    assertEquals("> ", person.err());
  }
}
