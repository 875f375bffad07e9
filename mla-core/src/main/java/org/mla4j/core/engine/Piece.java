package org.mla4j.core.engine;

/**
 * One element of a token stream.
 *
 * @param token the id of the token; {@link #NO_TOKEN} for a last piece that only carries text held
 *     back until the end
 * @param text the text that became certain with it; possibly empty
 */
public record Piece(int token, String text) {
  /** The token id of a piece without a token. */
  public static final int NO_TOKEN = -1;
}
