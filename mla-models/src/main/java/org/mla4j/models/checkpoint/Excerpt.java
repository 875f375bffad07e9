package org.mla4j.models.checkpoint;

import tools.jackson.databind.JsonNode;

/** Shows in a message what a file says. */
final class Excerpt {
  /** Of a value longer than this, the beginning says enough; some files are one long value. */
  private static final int LONGEST = 60;

  private Excerpt() {}

  static String of(JsonNode node) {
    return node.isMissingNode() ? "missing" : of(node.toString());
  }

  static String of(String text) {
    return text.length() > LONGEST ? text.substring(0, LONGEST) + "..." : text;
  }
}
