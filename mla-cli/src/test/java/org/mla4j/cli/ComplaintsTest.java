package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;

class ComplaintsTest {
  private final TestTerminal streams = new TestTerminal(false, "");
  private final Complaints complaints = new Complaints(streams.terminal().err(), () -> false);

  @Test
  void whatIsThrownOnPurposeIsOneLine() {
    int status = complaints.report(new ModelException(ErrorCode.MODEL_CONFIG, "No layers."));
    assertEquals(ExitStatus.WRONG_INPUT, status);
    assertEquals("mla: No layers. [MLA-0206]\n", streams.err());
  }

  @ParameterizedTest
  @EnumSource(
      value = ErrorCode.class,
      names = {"FORWARD_FAILED", "CREATE_FAILED", "CAPTURE_FAILED", "STALE_GRAPH", "CLOSED"})
  void whatBrokeWhileItRanIsAFailure(ErrorCode code) {
    assertEquals(ExitStatus.FAILED, complaints.report(new BackendException(code, "Broken.")));
  }

  @Test
  void workThatWasInterruptedIsAFailure() {
    assertEquals(ExitStatus.FAILED, complaints.report(new CancellationException("Interrupted.")));
    assertEquals("mla: Interrupted.\n", streams.err());
  }

  @Test
  void aDefectShowsWhereItHappened() {
    assertEquals(ExitStatus.UNEXPECTED, complaints.report(new StackOverflowError()));
    assertTrue(
        streams
            .err()
            .startsWith(
                "mla: Unexpected error; please report it together with the output of 'mla info'.\n"
                    + "java.lang.StackOverflowError\n\tat "),
        streams.err());
  }
}
