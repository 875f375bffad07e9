package org.mla4j.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.mla4j.core.testing.RandomData;

class StopStringsTest {
  @Test
  void withoutStopStringsTextPassesAtOnce() {
    StopStrings stops = new StopStrings(List.of());
    assertEquals("abc", stops.append("abc"));
    assertEquals("", stops.finish());
  }

  @Test
  void holdsBackWhatMayBecomeAStopString() {
    StopStrings stops = new StopStrings(List.of("END"));
    assertEquals("a", stops.append("aE"));
    assertEquals("", stops.append("N"));
    assertEquals("ENx", stops.append("x"));
    assertEquals("", stops.append("EN"));
    assertEquals("", stops.append("D and more"));
    assertTrue(stops.found());
    assertEquals("", stops.finish());
  }

  @Test
  void theEndReleasesWhatWasHeld() {
    StopStrings stops = new StopStrings(List.of("END"));
    assertEquals("", stops.append("EN"));
    assertFalse(stops.found());
    assertEquals("EN", stops.finish());
  }

  @Test
  void theFirstCompleteOneWins() {
    StopStrings stops = new StopStrings(List.of("yz", "x"));
    assertEquals("a", stops.append("axyz"));
    assertTrue(stops.found());
  }

  @Test
  void equalsALookUpInTheWholeTextHoweverItIsCut() {
    RandomData random = new RandomData(3);
    for (int round = 0; round < 2000; round++) {
      List<String> wanted =
          List.of(word(random, 1 + random.below(3)), word(random, 1 + random.below(4)));
      String text = word(random, 30);
      StopStrings stops = new StopStrings(wanted);
      StringBuilder out = new StringBuilder();
      for (int at = 0; at < text.length() && !stops.found(); ) {
        int end = Math.min(text.length(), at + 1 + random.below(4));
        out.append(stops.append(text.substring(at, end)));
        at = end;
      }
      out.append(stops.finish());
      assertEquals(beforeStop(text, wanted), out.toString(), "stops " + wanted + " in " + text);
    }
  }

  /** Grows the text by one character at a time until a stop string ends it. */
  private static String beforeStop(String text, List<String> stops) {
    for (int end = 1; end <= text.length(); end++) {
      String prefix = text.substring(0, end);
      OptionalInt longest = stops.stream().filter(prefix::endsWith).mapToInt(String::length).max();
      if (longest.isPresent()) {
        return prefix.substring(0, end - longest.getAsInt());
      }
    }
    return text;
  }

  private static String word(RandomData random, int length) {
    StringBuilder word = new StringBuilder();
    for (int i = 0; i < length; i++) {
      word.append((char) ('a' + random.below(3)));
    }
    return word.toString();
  }
}
