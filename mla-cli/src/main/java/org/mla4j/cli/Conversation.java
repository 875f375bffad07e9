package org.mla4j.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.models.template.ChatMessage;

/**
 * The turns so far: always pairs of a question and its answer, after the system message if there is
 * one.
 */
final class Conversation {
  private final List<ChatMessage> system;
  private final List<ChatMessage> turns = new ArrayList<>();

  Conversation(@Nullable String systemMessage) {
    system = systemMessage == null ? List.of() : List.of(ChatMessage.system(systemMessage));
  }

  /**
   * The messages to answer when the user says this now. Changes nothing: the turn counts when it
   * was answered.
   */
  List<ChatMessage> with(String question) {
    List<ChatMessage> messages = new ArrayList<>(system);
    messages.addAll(turns);
    messages.add(ChatMessage.user(question));
    return messages;
  }

  void answered(String question, String answer) {
    turns.add(ChatMessage.user(question));
    turns.add(ChatMessage.assistant(answer));
  }

  /** Forgets the turns; the system message stays. */
  void reset() {
    turns.clear();
  }
}
