package org.mla4j.cli;

import org.mla4j.core.engine.FinishReason;
import org.mla4j.core.engine.GenerationResult;

/** The exit statuses of {@code mla}; scripts rely on them. */
final class ExitStatus {
  static final int OK = 0;

  /**
   * The work itself went wrong: a generation failed or was cut off, a verification found a
   * difference.
   */
  static final int FAILED = 1;

  /** What the user gave cannot be used; nothing was computed. */
  static final int WRONG_INPUT = 2;

  /** A defect of the program (EX_SOFTWARE of sysexits.h). */
  static final int UNEXPECTED = 70;

  private ExitStatus() {}

  /** The status of a command whose answer this is. */
  static int of(GenerationResult answer) {
    return answer.finishReason() == FinishReason.CANCELLED ? FAILED : OK;
  }
}
