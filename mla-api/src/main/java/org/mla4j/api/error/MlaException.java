package org.mla4j.api.error;

import org.jspecify.annotations.Nullable;

/**
 * Base of all exceptions that MLA4J throws on purpose.
 *
 * <p>The message says what was given, what was expected and where; it ends with the {@linkplain
 * #code() code} in brackets.
 */
public sealed class MlaException extends RuntimeException
    permits BackendException, ClosedException, InvalidInputException, ModelException {
  private static final long serialVersionUID = 1L;

  /** What went wrong, as a stable code. */
  private final ErrorCode code;

  MlaException(ErrorCode code, String message, @Nullable Throwable cause) {
    super(message + " [" + code.id() + "]", cause);
    this.code = code;
  }

  /**
   * Returns the message without the code, to be part of another one.
   *
   * @return what was given, what was expected and where
   */
  public String problem() {
    String message = String.valueOf(getMessage());
    return message.substring(0, message.length() - (" [" + code.id() + "]").length());
  }

  /**
   * Returns the stable code of this failure.
   *
   * @return the code
   */
  public ErrorCode code() {
    return code;
  }
}
