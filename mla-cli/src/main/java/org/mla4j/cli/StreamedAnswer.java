package org.mla4j.cli;

import java.io.PrintStream;
import java.util.Iterator;
import org.mla4j.core.engine.FinishReason;
import org.mla4j.core.engine.Generation;
import org.mla4j.core.engine.GenerationResult;
import org.mla4j.core.engine.Piece;

/** Writes an answer piece by piece as it comes, and ends the line. */
final class StreamedAnswer implements AnswerWriter {
  private final Terminal terminal;

  StreamedAnswer(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public GenerationResult write(Generation generation) {
    write(generation, generation::cancel);
    GenerationResult result = generation.result();
    if (result.finishReason() == FinishReason.LENGTH) {
      terminal.note(
          "(cut off after "
              + result.tokens().size()
              + " tokens; see --max-tokens and --max-sequence-length)\n");
    }
    return result;
  }

  void write(Iterator<Piece> pieces, Runnable cancel) {
    PrintStream out = terminal.out();
    boolean ended = false;
    boolean wrote = false;
    try {
      while (pieces.hasNext()) {
        String text = pieces.next().text();
        out.print(text);
        wrote |= !text.isEmpty();
        if (out.checkError()) { // flushes, too
          cancel.run(); // the reader went away, as 'head' does
        }
      }
      ended = true;
    } finally {
      if (ended || wrote) { // an answer that fails at once leaves no trace
        out.print("\n");
        out.flush();
      }
    }
  }
}
