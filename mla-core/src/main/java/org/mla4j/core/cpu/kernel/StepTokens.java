package org.mla4j.core.cpu.kernel;

import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;

/** Refuses tokens of a step that a table has no row for. */
public final class StepTokens {
  private StepTokens() {}

  /**
   * Looks at all positions, before anything is rotated, so that a refused step leaves its inputs as
   * they were.
   *
   * @param step the step
   * @param rows whose live rows are rotated
   * @param table a rope table
   * @param positions rows of the table; not asked for here, because a shape may be made for each
   *     who asks
   * @throws InvalidInputException if a position is beyond the table
   */
  public static void requirePositions(
      StepDescription step, StepValue rows, WeightHandle table, long positions) {
    for (int row = 0; row < step.count(rows.rows()); row++) {
      int token = step.firstToken(rows.rows()) + row;
      if (step.position(token) >= positions) {
        throw new InvalidInputException(
            ErrorCode.INVALID_STEP,
            "Token "
                + token
                + " of the step is at position "
                + step.position(token)
                + "; expected 0 to "
                + (positions - 1)
                + ", the rows of '"
                + table.name()
                + "'.");
      }
    }
  }

  /**
   * Returns the id of a token.
   *
   * @param step the step
   * @param token which
   * @param table an embedding table
   * @param rows rows of the table
   * @return a row of the table
   * @throws InvalidInputException if the id is none
   */
  public static int requireId(StepDescription step, int token, WeightHandle table, int rows) {
    int id = step.tokenId(token);
    if (id < 0 || id >= rows) {
      throw new InvalidInputException(
          ErrorCode.INVALID_STEP,
          "Token "
              + token
              + " of the step has id "
              + id
              + "; expected 0 to "
              + (rows - 1)
              + ", the rows of '"
              + table.name()
              + "'.");
    }
    return id;
  }
}
