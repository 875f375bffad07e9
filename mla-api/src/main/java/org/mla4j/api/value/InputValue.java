package org.mla4j.api.value;

/**
 * Something an op reads from the {@link org.mla4j.api.step.StepDescription}.
 *
 * @param name the name of the input
 */
public record InputValue(String name) implements Value {
  /** Token ids, int32 [T]. */
  public static final InputValue TOKEN_IDS = new InputValue("token_ids");

  /** Positions, int64 [T]. */
  public static final InputValue POSITIONS = new InputValue("positions");

  /** Cache slots, int64 [T]; negative for a token that is not written. */
  public static final InputValue SLOT_MAPPING = new InputValue("slot_mapping");

  /** Block tables with the lengths of the sequences. */
  public static final InputValue BLOCK_TABLES = new InputValue("block_tables");

  /** First token of each sequence. */
  public static final InputValue QUERY_START = new InputValue("query_start");

  /** The cache rows of the current context pass, by sequence and position. */
  public static final InputValue CONTEXT_ROWS = new InputValue("context_rows");

  /** The cache blocks that are copied before anything else. */
  public static final InputValue BLOCK_COPIES = new InputValue("block_copies");

  /** The tokens whose logits are wanted. */
  public static final InputValue LOGIT_ROWS = new InputValue("logit_rows");

  /** Sampling parameters and draws. */
  public static final InputValue SAMPLING = new InputValue("sampling");
}
