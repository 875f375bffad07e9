package org.mla4j.core.runner;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/** Who allocated how much host memory outside the heap. Threading: safe to share. */
final class MemoryLedger {
  private static final long ALIGNMENT = 64;

  private final Map<String, Long> bytes = new LinkedHashMap<>();

  /** Allocates zeroed memory; running out says what was asked and what is in use. */
  MemorySegment allocate(Arena arena, String purpose, long size) {
    try {
      // Not under the lock: zeroing takes longer than all else, and threads may share it.
      MemorySegment segment = arena.allocate(size, ALIGNMENT);
      account(purpose, size);
      return segment;
    } catch (OutOfMemoryError e) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Out of memory outside the heap: "
              + size
              + " bytes wanted for "
              + purpose
              + ", in use "
              + byPurpose().entrySet().stream()
                  .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                  .limit(5)
                  .map(entry -> entry.getKey() + " " + entry.getValue())
                  .collect(Collectors.joining(", "))
              + ". Lower maxSequenceLength, cacheTokens or maxTokensPerStep.",
          e);
    }
  }

  private synchronized void account(String purpose, long size) {
    bytes.merge(purpose, size, Long::sum);
  }

  /** Forgets everything, after the arenas were closed. */
  synchronized void clear() {
    bytes.clear();
  }

  /** Bytes by purpose, in the order of first use. */
  synchronized Map<String, Long> byPurpose() {
    return new LinkedHashMap<>(bytes);
  }
}
