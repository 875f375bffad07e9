package org.mla4j.cli;

import java.io.PrintStream;
import java.util.Iterator;
import java.util.function.Supplier;
import org.mla4j.core.engine.FinishReason;
import org.mla4j.core.engine.GenerationResult;
import org.mla4j.models.ChatAnswer;
import org.mla4j.models.ChatPiece;

/**
 * Writes an answer piece by piece as it comes, and ends the line. What the model thinks before goes
 * to standard error: dimmed for a person, behind a marker otherwise.
 */
final class StreamedAnswer implements AnswerWriter {
  private static final String DIMMED = "\u001b[2m";
  private static final String PLAIN = "\u001b[0m";
  private static final String MARKER = "reasoning: ";

  private final Terminal terminal;

  StreamedAnswer(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public ChatAnswer write(
      Iterator<ChatPiece> pieces, Supplier<ChatAnswer> result, Runnable cancel) {
    write(pieces, cancel);
    ChatAnswer answer = result.get();
    GenerationResult generation = answer.generation();
    if (generation.finishReason() == FinishReason.LENGTH) {
      terminal.note(
          "(cut off after "
              + generation.tokens().size()
              + " tokens; see --max-tokens and --max-sequence-length)\n");
    }
    return answer;
  }

  void write(Iterator<ChatPiece> pieces, Runnable cancel) {
    PrintStream out = terminal.out();
    boolean ended = false;
    boolean wrote = false;
    boolean thinks = false;
    try {
      while (pieces.hasNext()) {
        ChatPiece piece = pieces.next();
        thinks = think(piece, thinks);
        out.print(piece.text());
        wrote |= !piece.text().isEmpty();
        if (out.checkError()) { // flushes, too
          cancel.run(); // the reader went away, as 'head' does
        }
      }
      ended = true;
    } finally {
      if (thinks) {
        endReasoning();
      }
      if (ended || wrote) { // an answer that fails at once leaves no trace
        out.print("\n");
        out.flush();
      }
    }
  }

  /** Writes the reasoning of a piece; tells whether more of it may follow. */
  private boolean think(ChatPiece piece, boolean before) {
    boolean thinks = before;
    if (!piece.reasoning().isEmpty()) {
      if (!thinks) {
        terminal.err().print(terminal.interactive() ? DIMMED : MARKER);
        thinks = true;
      }
      terminal.err().print(piece.reasoning());
      terminal.err().flush();
    }
    if (thinks && !piece.text().isEmpty()) {
      endReasoning();
      thinks = false;
    }
    return thinks;
  }

  private void endReasoning() {
    terminal.err().print((terminal.interactive() ? PLAIN : "") + "\n");
    terminal.err().flush();
  }
}
