package org.mla4j.models.evaluation;

import java.util.List;
import java.util.Optional;
import org.mla4j.models.template.ChatMessage;

/**
 * A conversation whose next message is known.
 *
 * @param line where it stands in its file, counted from 1
 * @param task what kind of question it is
 * @param messages the conversation, oldest message first
 * @param expected the right answer
 * @param reference what a reference implementation answers with the same model, right or wrong;
 *     empty if nobody asked it
 */
public record Question(
    int line,
    String task,
    List<ChatMessage> messages,
    String expected,
    Optional<String> reference) {
  /** Copies the list. */
  public Question {
    messages = List.copyOf(messages);
  }
}
