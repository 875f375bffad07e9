package org.mla4j.api.backend;

/** Which steps a backend can capture. Each level includes those before it. */
public enum GraphSupport {
  /** None. */
  NEVER,
  /** Decode steps in which every sequence has one new token. */
  SINGLE_TOKEN,
  /** All decode steps. */
  DECODE
}
