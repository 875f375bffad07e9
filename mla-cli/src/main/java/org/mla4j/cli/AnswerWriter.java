package org.mla4j.cli;

import org.mla4j.core.engine.Generation;
import org.mla4j.core.engine.GenerationResult;

/** Writes an answer to standard output. */
@FunctionalInterface
interface AnswerWriter {
  /**
   * Waits for the whole answer and writes it.
   *
   * @return the result; cancelled if somebody cancelled the generation, or standard output was
   *     closed
   * @throws org.mla4j.api.error.MlaException if the generation failed; then a JSON writer wrote
   *     nothing
   */
  GenerationResult write(Generation generation);
}
