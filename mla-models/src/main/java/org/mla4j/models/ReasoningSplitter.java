package org.mla4j.models;

import org.mla4j.models.tokenizer.ReasoningTags;

/**
 * Keeps the reasoning of a growing answer apart from what is said to the user.
 *
 * <p>Reasoning is at the beginning or nowhere; tags further on are text. White space around the
 * tags belongs to neither. Text that could be a part of a tag, or white space before one, is held
 * back until that is decided, so the result does not depend on how the text is cut into pieces.
 */
final class ReasoningSplitter {
  /**
   * What became certain.
   *
   * @param reasoning more of the reasoning
   * @param answer more of the answer
   */
  record Parts(String reasoning, String answer) {}

  private enum State {
    BEGINNING,
    REASONING,
    BETWEEN,
    ANSWER
  }

  private final ReasoningTags tags;
  private final StringBuilder held = new StringBuilder();
  private State state;

  /** Whether some of the reasoning was handed out, so that white space belongs to it. */
  private boolean hasReasoning;

  /**
   * @param isOpen whether the prompt has opened the reasoning already
   */
  ReasoningSplitter(ReasoningTags tags, boolean isOpen) {
    this.tags = tags;
    this.state = isOpen ? State.REASONING : State.BEGINNING;
  }

  Parts append(String text) {
    held.append(text);
    if (state == State.BEGINNING) {
      begin();
    }
    String reasoning = state == State.REASONING ? reason() : "";
    if (state == State.BETWEEN) {
      held.delete(0, leadingBlanks());
      if (!held.isEmpty()) {
        state = State.ANSWER;
      }
    }
    return new Parts(reasoning, state == State.ANSWER ? release(held.length()) : "");
  }

  /** Ends the text. */
  Parts finish() {
    return switch (state) {
      case REASONING -> new Parts(reasoningUpTo(held.length()), "");
      case BEGINNING, BETWEEN, ANSWER -> new Parts("", release(held.length()));
    };
  }

  private void begin() {
    int blanks = leadingBlanks();
    String text = held.substring(blanks);
    if (text.startsWith(tags.open())) {
      held.delete(0, blanks + tags.open().length());
      state = State.REASONING;
    } else if (!tags.open().startsWith(text)) {
      state = State.ANSWER;
    }
  }

  private String reason() {
    int close = held.indexOf(tags.close());
    if (close >= 0) {
      String reasoning = reasoningUpTo(close);
      held.delete(0, held.indexOf(tags.close()) + tags.close().length());
      state = State.BETWEEN;
      return reasoning;
    }
    return reasoningUpTo(beginningOfTag());
  }

  /** Hands out the held text up to an index, without white space at either end of the reasoning. */
  private String reasoningUpTo(int end) {
    int certain = end;
    while (certain > 0 && Character.isWhitespace(held.charAt(certain - 1))) {
      certain--;
    }
    if (!hasReasoning) {
      int blanks = Math.min(leadingBlanks(), certain);
      held.delete(0, blanks);
      certain -= blanks;
    }
    hasReasoning |= certain > 0;
    return release(certain);
  }

  /** Where the longest end of the held text begins that the closing tag begins with. */
  private int beginningOfTag() {
    int from = Math.max(0, held.length() - tags.close().length() + 1);
    while (!tags.close().startsWith(held.substring(from))) {
      from++;
    }
    return from;
  }

  private int leadingBlanks() {
    int count = 0;
    while (count < held.length() && Character.isWhitespace(held.charAt(count))) {
      count++;
    }
    return count;
  }

  private String release(int length) {
    String text = held.substring(0, length);
    held.delete(0, length);
    return text;
  }
}
