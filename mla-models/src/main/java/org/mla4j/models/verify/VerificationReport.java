package org.mla4j.models.verify;

import java.util.List;

/**
 * How a model compares with the recorded outputs of the reference.
 *
 * @param model name of the model
 * @param tolerance the largest error allowed, relative to the largest absolute value of a tensor
 * @param tensors one line for each tensor and form
 * @param greedy one line for each prompt and form
 */
public record VerificationReport(
    String model, double tolerance, List<TensorCheck> tensors, List<GreedyCheck> greedy) {
  /** Copies the lists. */
  public VerificationReport {
    tensors = List.copyOf(tensors);
    greedy = List.copyOf(greedy);
  }

  /** In which algebraic form a prompt was computed. */
  public enum Form {
    /** All tokens at once, decompressed. */
    PREFILL,
    /** In small pieces, decompressed and merged with the context of earlier pieces. */
    EXTEND,
    /** Token by token, absorbed. */
    DECODE
  }

  /**
   * One tensor.
   *
   * @param form the form
   * @param tensor its name in golden.json
   * @param error the largest difference, relative to the largest absolute value of the tensor; NaN
   *     if it was not seen
   * @param passed whether the error is within the tolerance, or the tensor cannot be seen since a
   *     fused op, an attention op, a layer or a plan runs whole
   * @param note why it was not seen; empty otherwise
   */
  public record TensorCheck(Form form, String tensor, double error, boolean passed, String note) {}

  /**
   * The greedy continuation of one prompt.
   *
   * @param form the form its prompt was computed in
   * @param prompt its name in golden.json
   * @param expected the tokens of the reference
   * @param found our tokens
   */
  public record GreedyCheck(Form form, String prompt, List<Integer> expected, List<Integer> found) {
    /** Copies the lists. */
    public GreedyCheck {
      expected = List.copyOf(expected);
      found = List.copyOf(found);
    }

    /**
     * Tells whether all tokens are equal.
     *
     * @return true if so
     */
    public boolean passed() {
      return expected.equals(found);
    }
  }

  /**
   * Tells whether everything passed.
   *
   * @return true if no tensor is off, no token differs, and something was compared
   */
  public boolean passed() {
    return !tensors.isEmpty()
        && !greedy.isEmpty()
        && tensors.stream().allMatch(TensorCheck::passed)
        && greedy.stream().allMatch(GreedyCheck::passed);
  }
}
