package org.mla4j.benchmarks.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerTestTest {
  @Test
  void readsWhatItNames() {
    assertEquals(new PeerTest(512, 0, 0), PeerTest.parse("pp512"));
    assertEquals(new PeerTest(0, 32, 4096), PeerTest.parse("tg32@4096"));
    assertEquals("tg32@4096", PeerTest.parse("tg32@4096").name());
    assertEquals(4128, PeerTest.parse("tg32@4096").end());
  }

  @ParameterizedTest
  @ValueSource(strings = {"pp", "pp0", "tg-1", "512", "tg32@", "pp512,tg64"})
  void refusesWhatIsNoTest(String name) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> PeerTest.parse(name)).getMessage();
    assertEquals(
        "Test '"
            + name
            + "'; expected pp512 (a prompt), tg64 (tokens one after another), or either after a"
            + " context, as tg32@4096.",
        message);
  }
}
