package org.mla4j.api.weight;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;

/**
 * One weight of a model, before anyone decided how to hold it.
 *
 * <p>A kernel never reads a field of a checkpoint. It asks for the weight in the form it wants:
 * {@linkplain #lease() as stored}, when {@linkplain #isPlain() that is a plain tensor}, or
 * {@linkplain #materialise materialised} in a wanted type; or it looks at the {@linkplain #form()
 * form} and {@linkplain #read reads} the parts. Handles are compared by identity: two
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
   * Returns what the weight is made of, for backends that re-lay weights.
   *
   * @return the form; {@link WeightForm.Plain} exactly if the weight {@linkplain #isPlain() is
   *     plain}
   */
  default WeightForm form() {
    return isPlain() ? new WeightForm.Plain() : new WeightForm.Computed();
  }

  /**
   * Copies bytes of the stored form, for weights that are re-laid or uploaded and then not looked at
   * again. Of a weight in a file the pages do not become resident in the process, as they do where a
   * lease is read: weights larger than the memory pass through a buffer of the caller.
   *
   * @param byteOffset where to begin, counted from the first byte of the weight
   * @param target filled to its end; memory of the caller
   * @throws InvalidInputException if the weight has no such bytes
   * @throws org.mla4j.api.error.ModelException if the stored form is not plain, or the file cannot
   *     be read any more
   * @throws org.mla4j.api.error.ClosedException if the checkpoint was closed before
   * @implSpec The default copies from a lease.
   */
  default void read(long byteOffset, MemorySegment target) {
    try (WeightLease lease = lease()) {
      Tensor stored = lease.tensor();
      long bytes = stored.dtype().byteCount(stored.shape().elements());
      if (byteOffset < 0 || byteOffset > bytes - target.byteSize()) {
        throw new InvalidInputException(
            ErrorCode.INVALID_PLAN,
            "Weight '"
                + name()
                + "': "
                + target.byteSize()
                + " bytes were asked for from byte "
                + byteOffset
                + "; expected some of its "
                + bytes
                + ".");
      }
      MemorySegment.copy(
          stored.segment(), stored.byteOffset() + byteOffset, target, 0, target.byteSize());
    }
  }

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
