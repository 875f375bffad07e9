package org.mla4j.cli;

import java.util.List;
import org.mla4j.models.ChatAnswer;
import org.mla4j.models.template.ChatMessage;

/** Answers the last of some messages, on standard output. */
@FunctionalInterface
interface Responder {
  ChatAnswer answer(List<ChatMessage> messages);
}
