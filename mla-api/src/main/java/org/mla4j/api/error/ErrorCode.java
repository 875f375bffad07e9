package org.mla4j.api.error;

/**
 * Stable identifiers of everything that can be refused or fail.
 *
 * <p>The identifier ends every message in brackets and is an anchor in {@code docs/errors.md}.
 * Identifiers are never reused for another meaning.
 */
public enum ErrorCode {
  /** The backend named by the user is not among those found. */
  UNKNOWN_BACKEND("MLA-0101"),
  /** No backend provider was found at all, not even the bundled one. */
  NO_PROVIDER("MLA-0102"),
  /** The backend named by the user cannot be used on this machine. */
  BACKEND_UNAVAILABLE("MLA-0103"),
  /**
   * A backend named by the user declined an op or a layer that it claims to have, or nobody runs
   * it.
   */
  OP_DECLINED("MLA-0104"),
  /** Two providers have one name. */
  DUPLICATE_BACKEND("MLA-0106"),
  /** A kernel failed while it ran. */
  FORWARD_FAILED("MLA-0107"),
  /** A backend could not be opened, or could not create a kernel that it said it supports. */
  CREATE_FAILED("MLA-0108"),
  /** The list of op choices is malformed or contradicts itself. */
  OP_CHOICE("MLA-0109"),
  /** A backend or a kernel failed while it was closed. */
  CLOSE_FAILED("MLA-0110"),
  /** A backend cannot keep the promise of deterministic mode. */
  NOT_DETERMINISTIC("MLA-0111"),
  /** A backend could not take its weights again. */
  RELOAD_FAILED("MLA-0112"),
  /** No token can be drawn from the logits of a request. */
  UNUSABLE_LOGITS("MLA-0113"),
  /** A backend could not capture a graph that it said it can. */
  CAPTURE_FAILED("MLA-0114"),
  /** Something that a captured graph took for constant has changed. */
  STALE_GRAPH("MLA-0115"),
  /** The architecture of a checkpoint is not known. */
  UNKNOWN_ARCHITECTURE("MLA-0201"),
  /** A tensor that the architecture needs is not in the checkpoint. */
  MISSING_TENSOR("MLA-0202"),
  /** A tensor has another shape than the configuration demands. */
  WRONG_SHAPE("MLA-0203"),
  /** A file is not what its format says it should be. */
  MALFORMED_FILE("MLA-0204"),
  /** An element type that this version cannot read or convert. */
  UNSUPPORTED_DTYPE("MLA-0205"),
  /** A field of a model's configuration is missing, malformed or contradictory. */
  MODEL_CONFIG("MLA-0206"),
  /** A tokenizer is missing, malformed or cannot be loaded. */
  TOKENIZER("MLA-0207"),
  /** A chat template is missing, malformed or failed while it was rendered. */
  CHAT_TEMPLATE("MLA-0208"),
  /** Two providers know one architecture. */
  DUPLICATE_ARCHITECTURE("MLA-0209"),
  /** A specification of a layer, rope, norm or cache is incomplete or contradictory. */
  INVALID_SPEC("MLA-0301"),
  /** A plan, a tensor or a value is put together wrongly. */
  INVALID_PLAN("MLA-0302"),
  /** A step description breaks its own rules. */
  INVALID_STEP("MLA-0303"),
  /** A request or an option has a value outside its range. */
  INVALID_REQUEST("MLA-0401"),
  /** A request can never fit the engine's limits. */
  REQUEST_TOO_LONG("MLA-0402"),
  /** A call on something that is already closed. */
  CLOSED("MLA-0403");

  private final String id;

  ErrorCode(String id) {
    this.id = id;
  }

  /**
   * Returns the stable identifier.
   *
   * @return for example {@code MLA-0101}
   */
  public String id() {
    return id;
  }
}
