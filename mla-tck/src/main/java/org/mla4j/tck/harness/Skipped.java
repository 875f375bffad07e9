package org.mla4j.tck.harness;

/** The backend does not do what a case needs. */
public final class Skipped extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String reason;

  public Skipped(String reason) {
    super(reason);
    this.reason = reason;
  }

  /** Why, in the backend's own words where it gave some. */
  public String reason() {
    return reason;
  }
}
