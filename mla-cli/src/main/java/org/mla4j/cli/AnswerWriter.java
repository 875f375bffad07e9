package org.mla4j.cli;

import java.util.Iterator;
import java.util.function.Supplier;
import org.mla4j.models.ChatAnswer;
import org.mla4j.models.ChatPiece;

/** Writes an answer to standard output. */
@FunctionalInterface
interface AnswerWriter {
  /**
   * Waits for the whole answer and writes it.
   *
   * @param pieces of the answer, as they come
   * @param result waits for the whole
   * @param cancel ends the generation
   * @return the result; cancelled if somebody cancelled the generation, or standard output was
   *     closed
   * @throws org.mla4j.api.error.MlaException if the generation failed; then a JSON writer wrote
   *     nothing
   */
  ChatAnswer write(Iterator<ChatPiece> pieces, Supplier<ChatAnswer> result, Runnable cancel);
}
