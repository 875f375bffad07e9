package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.models.ChatPiece;

class StreamedAnswerTest {
  private final TestTerminal streams = new TestTerminal(false, "");
  private final StreamedAnswer answer = new StreamedAnswer(streams.terminal());

  private static Iterator<ChatPiece> pieces(String... texts) {
    return Stream.of(texts).map(text -> new ChatPiece(1, "", text)).iterator();
  }

  /** Pieces whose last is followed by a failure. */
  private static Iterator<ChatPiece> failing(String... texts) {
    Iterator<ChatPiece> pieces = pieces(texts);
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        if (!pieces.hasNext()) {
          throw new BackendException(ErrorCode.FORWARD_FAILED, "Broken.");
        }
        return true;
      }

      @Override
      public ChatPiece next() {
        return pieces.next();
      }
    };
  }

  @Test
  void everyPieceIsVisibleBeforeTheNextIsTaken() {
    List<String> seen = new ArrayList<>();
    Iterator<ChatPiece> pieces = pieces("Hä", "", "｜\n", ".");
    answer.write(
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            seen.add(streams.out());
            return pieces.hasNext();
          }

          @Override
          public ChatPiece next() {
            return pieces.next();
          }
        },
        () -> {});
    assertEquals(List.of("", "Hä", "Hä", "Hä｜\n", "Hä｜\n."), seen);
    assertEquals("Hä｜\n.\n", streams.out());
  }

  @Test
  void anEmptyAnswerIsAnEmptyLine() {
    answer.write(pieces(), () -> {});
    assertEquals("\n", streams.out());
  }

  @Test
  void anAnswerThatBreaksOffEndsItsLine() {
    assertThrows(BackendException.class, () -> answer.write(failing("Once"), () -> {}));
    assertEquals("Once\n", streams.out());
  }

  @Test
  void anAnswerThatFailsAtOnceLeavesNoTrace() {
    assertThrows(BackendException.class, () -> answer.write(failing(), () -> {}));
    assertEquals("", streams.out());
  }

  @Test
  void aReaderThatWentAwayCancels() {
    AtomicBoolean cancelled = new AtomicBoolean();
    OutputStream closed =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };
    Terminal terminal =
        new Terminal(
            streams.terminal().in(), TestTerminal.stream(closed), streams.terminal().err(), false);
    new StreamedAnswer(terminal).write(pieces("a"), () -> cancelled.set(true));
    assertTrue(cancelled.get());
  }

  @Test
  void reasoningIsMarkedForScripts() {
    answer.write(thinking(), () -> {});
    assertEquals("42.\n", streams.out());
    assertEquals("reasoning: hm\nmore\n", streams.err());
  }

  @Test
  void reasoningIsDimmedForPeople() {
    TestTerminal person = new TestTerminal(true, "");
    new StreamedAnswer(person.terminal()).write(thinking(), () -> {});
    assertEquals("42.\n", person.out());
    assertEquals("\u001b[2mhm\nmore\u001b[0m\n", person.err());
  }

  @Test
  void reasoningThatIsCutOffEndsItsLine() {
    answer.write(List.of(new ChatPiece(1, "hm", "")).iterator(), () -> {});
    assertEquals("\n", streams.out());
    assertEquals("reasoning: hm\n", streams.err());
  }

  private static Iterator<ChatPiece> thinking() {
    return List.of(
            new ChatPiece(1, "hm\n", ""),
            new ChatPiece(2, "", ""),
            new ChatPiece(3, "more", "4"),
            new ChatPiece(4, "", "2."))
        .iterator();
  }
}
