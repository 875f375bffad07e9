package org.mla4j.api.backend;

/** What a backend found on this machine. */
public sealed interface Probe {
  /**
   * It can be opened.
   *
   * @param found what was found, as one line for people: devices, vector width, memory
   * @param deterministic whether it can keep the promise of deterministic mode
   */
  record Available(String found, boolean deterministic) implements Probe {}

  /**
   * It cannot be used here.
   *
   * @param reason why, as one sentence, with the remedy if there is one
   */
  record Unavailable(String reason) implements Probe {}
}
