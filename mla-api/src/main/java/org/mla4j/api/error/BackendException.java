package org.mla4j.api.error;

import org.jspecify.annotations.Nullable;

/** A backend could not be found, chosen or opened, or failed while it ran. */
public final class BackendException extends MlaException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param code what went wrong
   * @param message what was given, what was expected and where, as one or more sentences
   */
  public BackendException(ErrorCode code, String message) {
    this(code, message, null);
  }

  /**
   * Creates the exception with a cause.
   *
   * @param code what went wrong
   * @param message what was given, what was expected and where, as one or more sentences
   * @param cause the failure underneath, or null
   */
  public BackendException(ErrorCode code, String message, @Nullable Throwable cause) {
    super(code, message, cause);
  }

  /**
   * Says where a step failed.
   *
   * @param backend name of the backend
   * @param layer name of the layer
   * @param op type of the op
   * @param node name of the node
   * @param cause what its kernel threw
   * @return the exception, with {@link ErrorCode#FORWARD_FAILED}
   */
  public static BackendException inForward(
      String backend, String layer, String op, String node, Throwable cause) {
    return new BackendException(
        ErrorCode.FORWARD_FAILED,
        "Backend '"
            + backend
            + "' failed in layer '"
            + layer
            + "', op '"
            + op
            + "' ('"
            + node
            + "'): "
            + cause,
        cause);
  }

  /**
   * Makes the same failure for another caller, with that caller's stack and this exception as its
   * cause.
   *
   * @return a new exception with this one's code and message
   */
  public BackendException forCaller() {
    return new BackendException(code(), problem(), this);
  }
}
