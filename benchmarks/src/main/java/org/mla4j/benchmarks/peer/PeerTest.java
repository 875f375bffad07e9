package org.mla4j.benchmarks.peer;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is timed: a prompt evaluated at once, or tokens one after another, after others that are not
 * timed.
 *
 * @param prompt tokens of the prompt; 0 if tokens are generated
 * @param generate tokens one after another; 0 if there is a prompt
 * @param depth tokens that are in the cache before
 */
public record PeerTest(int prompt, int generate, int depth) {
  private static final Pattern NAME = Pattern.compile("(pp|tg)([1-9]\\d{0,6})(?:@(\\d{1,7}))?");

  /**
   * Reads a name such as {@code pp512}, {@code tg64} or {@code tg32@4096}.
   *
   * @param name as {@link #name()} returns it
   * @return the test
   * @throws IllegalArgumentException if it is no such name
   */
  public static PeerTest parse(String name) {
    Matcher matcher = NAME.matcher(name);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "Test '"
              + name
              + "'; expected pp512 (a prompt), tg64 (tokens one after another), or either after a"
              + " context, as tg32@4096.");
    }
    int tokens = Integer.parseInt(matcher.group(2));
    int depth = matcher.group(3) == null ? 0 : Integer.parseInt(matcher.group(3));
    return matcher.group(1).equals("pp")
        ? new PeerTest(tokens, 0, depth)
        : new PeerTest(0, tokens, depth);
  }

  /**
   * Returns how many tokens are timed.
   *
   * @return more than 0
   */
  public int tokens() {
    return prompt + generate;
  }

  /**
   * Returns how many tokens the cache holds afterwards.
   *
   * @return more than {@link #depth()}
   */
  public int end() {
    return depth + tokens();
  }

  /**
   * Returns the name.
   *
   * @return for example {@code tg32@4096}
   */
  public String name() {
    return (prompt > 0 ? "pp" : "tg") + tokens() + (depth > 0 ? "@" + depth : "");
  }
}
