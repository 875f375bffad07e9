package org.mla4j.api.backend;

import java.util.List;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/** A backend's answer to whether it can run an op or a layer. */
public sealed interface Support {
  /** It can. A backend that says so and then fails to create the kernel breaks its contract. */
  record Yes() implements Support {}

  /**
   * It cannot.
   *
   * @param reasons why, in words and numbers; at least one
   */
  record No(List<String> reasons) implements Support {
    /**
     * Copies the reasons.
     *
     * @throws InvalidInputException if there is none
     */
    public No {
      reasons = List.copyOf(reasons);
      if (reasons.isEmpty()) {
        throw new InvalidInputException(
            ErrorCode.INVALID_PLAN, "Support.No without a reason; expected at least one.");
      }
    }
  }

  /**
   * Says yes.
   *
   * @return the answer
   */
  static Support yes() {
    return new Yes();
  }

  /**
   * Says no.
   *
   * @param reasons why, in words and numbers, for example {@code "kvLoraRank = 96; only 512 is
   *     supported"}
   * @return the answer
   */
  static Support no(String... reasons) {
    return new No(List.of(reasons));
  }

  /**
   * Says yes if there is no reason against.
   *
   * @param reasons reasons against, possibly none
   * @return the answer
   */
  static Support unless(List<String> reasons) {
    return reasons.isEmpty() ? new Yes() : new No(reasons);
  }
}
