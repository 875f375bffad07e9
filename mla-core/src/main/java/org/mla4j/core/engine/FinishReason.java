package org.mla4j.core.engine;

/** Why a generation ended. */
public enum FinishReason {
  /** A stop token was drawn. It is not part of the answer. */
  STOP,
  /** A stop string appeared. It is not part of the text. */
  STOP_STRING,
  /** The wanted number of tokens, or the longest sequence of the engine, was reached. */
  LENGTH,
  /** Somebody cancelled it, or closed it or the engine. */
  CANCELLED,
  /** A backend failed in a step. */
  FAILED
}
