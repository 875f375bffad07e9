package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProgressBarsTest {
  private final TestTerminal person = new TestTerminal(true, "");
  private final TestTerminal log = new TestTerminal(false, "");
  private long now;

  /** One phase of ten units, which takes ten times as long as given. */
  private void work(TestTerminal streams, Duration unit) {
    ProgressBars bars = new ProgressBars(streams.terminal(), () -> now);
    for (int done = 1; done <= 10; done++) {
      now += unit.toNanos();
      bars.progress("weights", done, 10);
    }
    bars.close();
  }

  @Test
  void longWorkShowsABarAndRemovesIt() {
    work(person, Duration.ofSeconds(1));
    assertTrue(person.err().contains("weights"), person.err());
    assertTrue(person.err().endsWith("\r" + " ".repeat(79) + "\r"), person.err());
    assertEquals("", person.out());
  }

  @Test
  void shortWorkShowsNothing() {
    work(person, Duration.ofMillis(20));
    assertEquals("", person.err());
  }

  @Test
  void aLogFileGetsNoBar() {
    work(log, Duration.ofSeconds(1));
    assertEquals("", log.err());
  }
}
