package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TextTableTest {
  @Test
  void columnsAreAsWideAsTheirWidestCell() {
    assertEquals(
        """
        a     long heading  c
        wide  x             y\
        """,
        new TextTable("a", "long heading", "c").row("wide", "x", "y").toString());
  }

  @Test
  void freeLinesDoNotWidenColumns() {
    assertEquals(
        """
        a  b
        a line of any length
        1  2\
        """,
        new TextTable("a", "b").line("a line of any length").row("1", "2").toString());
  }

  @Test
  void linesHaveNoTrailingSpaces() {
    assertEquals("a     b\nlong", new TextTable("a", "b").row("long", "").toString());
  }
}
