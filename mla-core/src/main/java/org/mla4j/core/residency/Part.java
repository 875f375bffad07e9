package org.mla4j.core.residency;

import java.util.List;
import org.mla4j.api.step.Rows;
import org.mla4j.api.value.StepValue;

/**
 * The rows of a buffer that are copied together: of one with all tokens, those of decode and those
 * of prefill tokens apart, since the two halves of attention may run on two devices.
 *
 * @param root a value that is no view
 * @param rows of a buffer with all rows, DECODE or PREFILL
 */
record Part(StepValue root, Rows rows) {
  static List<Part> of(StepValue value) {
    StepValue root = value.root();
    if (root.rows() != Rows.ALL) {
      return List.of(new Part(root, root.rows()));
    }
    return value.rows() == Rows.ALL
        ? List.of(new Part(root, Rows.DECODE), new Part(root, Rows.PREFILL))
        : List.of(new Part(root, value.rows()));
  }
}
