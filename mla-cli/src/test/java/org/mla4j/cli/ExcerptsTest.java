package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ExcerptsTest {
  private static final String SAME = "abcdefghijklmnopqrstuvwxyz";

  @Test
  void whatFitsIsShownWhole() {
    assertEquals(new Excerpts("7 - 5 = 3.", "7 - 5 = 2."), Excerpts.of("7 - 5 = 3.", "7 - 5 = 2."));
  }

  @Test
  void aTextStaysInItsLine() {
    assertEquals(new Excerpts("a\\n\\nb", "c"), Excerpts.of("\na\n\r\nb ", "c"));
  }

  @Test
  void longTextsAreShownFromShortlyBeforeTheirDifference() {
    assertEquals(
        new Excerpts(
            "…klmnopqrstuvwxyz" + "1".repeat(24) + "…", "…klmnopqrstuvwxyz" + "2".repeat(20)),
        Excerpts.of(SAME + "1".repeat(30), SAME + "2".repeat(20)));
  }

  @Test
  void aShortTextBesideALongOneIsWhole() {
    assertEquals(
        new Excerpts(SAME, "…klmnopqrstuvwxyz" + "2".repeat(24) + "…"),
        Excerpts.of(SAME, SAME + "2".repeat(25)));
  }
}
