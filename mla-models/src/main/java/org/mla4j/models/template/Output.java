package org.mla4j.models.template;

/** Collects what a template, or a part of it that is captured, prints. */
final class Output {

  private final StringBuilder text = new StringBuilder();

  void append(String piece) {
    Limits.checkText((long) text.length() + piece.length());
    text.append(piece);
  }

  void append(char piece) {
    Limits.checkText(text.length() + 1L);
    text.append(piece);
  }

  int length() {
    return text.length();
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
