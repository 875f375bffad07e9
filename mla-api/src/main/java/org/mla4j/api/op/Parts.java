package org.mla4j.api.op;

import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/** Refuses parts of a fused op that do not fit together. */
final class Parts {
  private Parts() {}

  static void require(boolean holds, String type, String expected) {
    if (!holds) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN, "Parts of '" + type + "' do not fit: expected " + expected + ".");
    }
  }
}
