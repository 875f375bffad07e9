package org.mla4j.api.weight;

import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;

/**
 * One weight of a model, before anyone decided how to hold it.
 *
 * <p>A kernel never reads a field of a checkpoint. It asks for the weight in the form it wants:
 * {@linkplain #lease() as stored}, when {@linkplain #isPlain() that is a plain tensor}, or
 * {@linkplain #materialise materialised} in a wanted type. Handles are compared by identity: two
 * ops that share a weight hold the same handle.
 *
 * <p>Threading: safe to use from several threads.
 */
public interface WeightHandle {
  /**
   * Returns the name in the checkpoint, or one that says what is computed.
   *
   * @return for example {@code model.layers.0.self_attn.kv_b_proj.weight}
   */
  String name();

  /**
   * Returns the element type as stored.
   *
   * @return the type; for a derived weight, the type it is computed in
   */
  DType dtype();

  /**
   * Returns the logical shape.
   *
   * @return for a projection {@code [out, in]}
   */
  Shape shape();

  /**
   * Tells whether the stored form is a dense tensor of {@link #dtype()} without scales.
   *
   * @return true if {@link #lease()} works
   */
  boolean isPlain();

  /**
   * Borrows the stored form. The bytes stay readable until the lease is closed, even after the
   * checkpoint was.
   *
   * @return a lease on a dense host tensor, usually memory-mapped and not aligned; read only
   * @throws org.mla4j.api.error.ModelException if the stored form is not plain
   * @throws org.mla4j.api.error.ClosedException if the checkpoint was closed before
   */
  WeightLease lease();

  /**
   * Writes the values, dequantised and converted, into memory of the caller. Doing it again writes
   * the same values to the same place: that is how weights are reloaded.
   *
   * @param target a dense host tensor of this {@linkplain #shape() shape}, of type F32, F16 or BF16
   * @throws org.mla4j.api.error.InvalidInputException if the target has another shape or cannot
   *     hold the values
   * @throws org.mla4j.api.error.ClosedException if the checkpoint was closed before
   */
  void materialise(Tensor target);
}
