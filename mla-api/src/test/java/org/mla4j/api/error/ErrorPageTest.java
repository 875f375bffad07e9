package org.mla4j.api.error;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Whoever looks up a code in {@code docs/errors.md} finds it, once, with what to do about it. */
class ErrorPageTest {
  private static final Pattern HEADING = Pattern.compile("(?m)^## (.+)$");

  private final String page = read();

  @Test
  void hasOneHeadingForEachCodeInTheirOrder() {
    assertEquals(
        Arrays.stream(ErrorCode.values()).map(ErrorCode::id).sorted().toList(),
        HEADING.matcher(page).results().map(heading -> heading.group(1)).toList());
  }

  /** A first paragraph says what it is, a second one what to do. */
  @Test
  void saysSomethingUnderEachHeading() {
    List<String> sections = HEADING.splitAsStream(page).skip(1).toList();
    assertEquals(ErrorCode.values().length, sections.size());
    for (String section : sections) {
      List<String> paragraphs = List.of(section.strip().split("\n\n"));
      assertTrue(paragraphs.size() >= 2, section);
      for (String paragraph : paragraphs) {
        assertTrue(paragraph.matches("(?s)\\S.{20,}\\."), paragraph);
      }
    }
  }

  private static String read() {
    try {
      return Files.readString(
          Path.of(System.getProperty("mla.repository", ".."), "docs", "errors.md"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
