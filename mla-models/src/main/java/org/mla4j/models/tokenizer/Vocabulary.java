package org.mla4j.models.tokenizer;

import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a tokenizer by name and by id, and what decoding must know about them. Immutable.
 */
final class Vocabulary {

  private final Map<String, Integer> ids;
  private final @Nullable String[] tokens;
  private final BitSet special;
  private final BitSet bytes;

  /**
   * @param ids the tokens, not copied
   * @param special ids of the tokens that decoding can leave out
   * @param hasByteTokens whether tokens such as {@code <0x41>} stand for bytes
   */
  Vocabulary(Map<String, Integer> ids, BitSet special, boolean hasByteTokens) {
    this.ids = ids;
    this.special = special;
    this.bytes = new BitSet();
    this.tokens = new String[ids.values().stream().mapToInt(id -> id + 1).max().orElse(0)];
    ids.forEach((token, id) -> {
      tokens[id] = token;
      bytes.set(id, hasByteTokens && isByte(token));
    });
  }

  int size() {
    return ids.size();
  }

  OptionalInt idOf(String token) {
    Integer id = ids.get(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  Optional<String> tokenOf(int id) {
    return id >= 0 && id < tokens.length ? Optional.ofNullable(tokens[id]) : Optional.empty();
  }

  boolean isSpecial(int id) {
    return special.get(id);
  }

  /** {@return whether the token is one byte, so that its text depends on the bytes around it} */
  boolean isByte(int id) {
    return bytes.get(id);
  }

  private static boolean isByte(String token) {
    return token.length() == 6
        && token.startsWith("<0x")
        && token.endsWith(">")
        && Character.digit(token.charAt(3), 16) >= 0
        && Character.digit(token.charAt(4), 16) >= 0;
  }
}
