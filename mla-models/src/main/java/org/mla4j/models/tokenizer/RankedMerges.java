package org.mla4j.models.tokenizer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The merges of a byte-level vocabulary that is given by ranks alone.
 *
 * <p>Encoding by ranks joins, again and again, the two neighbours whose union has the lowest rank.
 * The last step towards a token is therefore always the same: the one that the bytes of the token,
 * alone, arrive at with lower ranks. That step is the merge. A token whose bytes do not arrive at
 * two parts is never made by joining; it exists only as a word of its own.
 */
final class RankedMerges {
  private final Map<String, Integer> ranks = new HashMap<>();

  private RankedMerges(List<String> tokens) {
    for (int rank = 0; rank < tokens.size(); rank++) {
      ranks.put(tokens.get(rank), rank);
    }
  }

  /**
   * Derives the merges.
   *
   * @param tokens in the {@link ByteAlphabet}, by rank
   * @return two tokens with a blank between them, in the order in which they take effect
   */
  static List<String> of(List<String> tokens) {
    RankedMerges merges = new RankedMerges(tokens);
    List<String> all = new ArrayList<>();
    for (int rank = 0; rank < tokens.size(); rank++) {
      List<String> parts = merges.split(tokens.get(rank), rank);
      if (parts.size() == 2) {
        all.add(parts.getFirst() + " " + parts.getLast());
      }
    }
    return all;
  }

  /** Joins the bytes of a token as far as ranks below its own go. */
  private List<String> split(String token, int limit) {
    List<String> parts = new ArrayList<>(token.chars().mapToObj(Character::toString).toList());
    while (parts.size() > 2) {
      int best = limit;
      int at = -1;
      for (int i = 0; i + 1 < parts.size(); i++) {
        int rank = ranks.getOrDefault(parts.get(i) + parts.get(i + 1), limit);
        if (rank < best) {
          best = rank;
          at = i;
        }
      }
      if (at < 0) {
        return parts;
      }
      parts.set(at, parts.get(at) + parts.remove(at + 1));
    }
    return parts;
  }
}
