package org.mla4j.api.error;

import org.jspecify.annotations.Nullable;

/** A checkpoint, a configuration, a tokenizer or a chat template that cannot be used. */
public non-sealed class ModelException extends MlaException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param code what went wrong
   * @param message what was given, what was expected and where, as one or more sentences
   */
  public ModelException(ErrorCode code, String message) {
    this(code, message, null);
  }

  /**
   * Creates the exception with a cause.
   *
   * @param code what went wrong
   * @param message what was given, what was expected and where, as one or more sentences
   * @param cause the failure underneath, or null
   */
  public ModelException(ErrorCode code, String message, @Nullable Throwable cause) {
    super(code, message, cause);
  }
}
