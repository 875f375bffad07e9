package org.mla4j.models.tokenizer;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The tokens of a tokenizer by name and by id, and what decoding must know about them. Immutable.
 */
final class Vocabulary {

  private final Map<String, Integer> ids;

  /** Maps, not arrays: one large id in a small file must not cost memory. */
  private final Map<Integer, String> tokens = new HashMap<>();

  private final Set<Integer> bytes = new HashSet<>();
  private final Set<Integer> special;
  private final int largestId;

  /**
   * @param ids the tokens, not copied
   * @param special ids of the tokens that decoding can leave out, not copied
   * @param hasByteTokens whether tokens such as {@code <0x41>} stand for bytes
   */
  Vocabulary(Map<String, Integer> ids, Set<Integer> special, boolean hasByteTokens) {
    this.ids = ids;
    this.special = special;
    this.largestId = ids.values().stream().mapToInt(Integer::intValue).max().orElse(-1);
    ids.forEach((token, id) -> {
      tokens.put(id, token);
      if (hasByteTokens && isByte(token)) {
        bytes.add(id);
      }
    });
  }

  int size() {
    return ids.size();
  }

  /** {@return the largest id; -1 if there is no token} */
  int largestId() {
    return largestId;
  }

  OptionalInt idOf(String token) {
    Integer id = ids.get(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  Optional<String> tokenOf(int id) {
    return Optional.ofNullable(tokens.get(id));
  }

  boolean isSpecial(int id) {
    return special.contains(id);
  }

  /** {@return whether the token is one byte, so that its text depends on the bytes around it} */
  boolean isByte(int id) {
    return bytes.contains(id);
  }

  private static boolean isByte(String token) {
    return token.length() == 6
        && token.startsWith("<0x")
        && token.endsWith(">")
        && Character.digit(token.charAt(3), 16) >= 0
        && Character.digit(token.charAt(4), 16) >= 0;
  }
}
