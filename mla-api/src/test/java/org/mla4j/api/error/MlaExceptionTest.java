package org.mla4j.api.error;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MlaExceptionTest {
  private static final ErrorCode CODE = ErrorCode.UNKNOWN_BACKEND;
  private static final Throwable CAUSE = new IllegalStateException("underneath");

  static List<MlaException> withCause() {
    return List.of(
        new BackendException(CODE, "No.", CAUSE),
        new ClosedException(CODE, "No.", CAUSE),
        new InvalidInputException(CODE, "No.", CAUSE),
        new ModelException(CODE, "No.", CAUSE));
  }

  static List<MlaException> withoutCause() {
    return List.of(
        new BackendException(CODE, "No."),
        new ClosedException(CODE, "No."),
        new InvalidInputException(CODE, "No."),
        new ModelException(CODE, "No."));
  }

  @ParameterizedTest
  @MethodSource({"withCause", "withoutCause"})
  void messagesEndWithTheCodeInBrackets(MlaException e) {
    assertEquals("No. [MLA-0101]", e.getMessage());
    assertEquals("No.", e.problem());
    assertSame(CODE, e.code());
  }

  @ParameterizedTest
  @MethodSource("withCause")
  void theFailureUnderneathIsKept(MlaException e) {
    assertSame(CAUSE, e.getCause());
  }

  @ParameterizedTest
  @MethodSource("withoutCause")
  void thereMayBeNone(MlaException e) {
    assertNull(e.getCause());
  }

  @ParameterizedTest
  @MethodSource("withCause")
  void codesSurviveSerialisation(MlaException e) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(e);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      MlaException copy = (MlaException) in.readObject();
      assertSame(e.getClass(), copy.getClass());
      assertSame(CODE, copy.code());
      assertEquals(e.getMessage(), copy.getMessage());
    }
  }

  /** One failure that is told to several callers. */
  @Nested
  class ForCaller {
    private final BackendException failure = new BackendException(CODE, "Kernel [a] failed.");
    private final BackendException told = failure.forCaller();

    @Test
    void hasTheSameCodeAndMessage() {
      assertSame(CODE, told.code());
      assertEquals("Kernel [a] failed. [MLA-0101]", told.getMessage());
    }

    @Test
    void namesTheFailureAsItsCause() {
      assertSame(failure, told.getCause());
    }

    @Test
    void hasTheStackOfTheCaller() {
      assertEquals("forCaller", told.getStackTrace()[0].getMethodName());
    }
  }
}
