package org.mla4j.models.architecture;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.OptionalDouble;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.models.checkpoint.Checkpoint;

/**
 * The weights below one name in a checkpoint, as architectures ask for them.
 *
 * @param checkpoint the checkpoint
 * @param prefix what all names begin with, a final dot included; empty for the whole
 */
public record WeightSource(Checkpoint checkpoint, String prefix) {
  /**
   * Returns the weights one level further down.
   *
   * @param name one more part of the name
   * @return the source
   */
  public WeightSource in(String name) {
    return new WeightSource(checkpoint, prefix + name + ".");
  }

  /**
   * Tells whether a tensor is there.
   *
   * @param name last part of its name
   * @return true if so
   */
  public boolean has(String name) {
    return checkpoint.names().contains(prefix + name);
  }

  /**
   * Returns a tensor of a known shape.
   *
   * @param name last part of its name
   * @param symbols the shape in the words of the configuration, for messages
   * @param extents the shape
   * @return the weight
   * @throws ModelException if it is missing or has another shape
   */
  public WeightHandle tensor(String name, String symbols, long... extents) {
    WeightHandle handle = checkpoint.require(prefix + name);
    // Not as shapes: what a configuration multiplies to may be none.
    if (!Arrays.equals(handle.shape().toArray(), extents)) {
      String expected = symbols + " = " + Arrays.toString(extents);
      throw refused(ErrorCode.WRONG_SHAPE, name, expected, handle.shape());
    }
    return handle;
  }

  /**
   * Returns the number in a tensor of one element, if the tensor is there.
   *
   * @param name last part of its name
   * @return the number
   * @throws ModelException if the tensor's shape is neither {@code []} nor {@code [1]}, or its
   *     number is not positive and finite
   */
  public OptionalDouble positiveScalar(String name) {
    if (!has(name)) {
      return OptionalDouble.empty();
    }
    WeightHandle handle = checkpoint.require(prefix + name);
    if (handle.shape().rank() > 1 || handle.shape().elements() != 1) {
      throw refused(ErrorCode.WRONG_SHAPE, name, "[] or [1]", handle.shape());
    }
    float value = only(handle);
    if (!(value > 0) || Float.isInfinite(value)) {
      throw refused(ErrorCode.MALFORMED_FILE, name, "a positive finite number", value);
    }
    return OptionalDouble.of(value);
  }

  /**
   * Returns a projection with its bias, where the checkpoint has one.
   *
   * @param name name of the module
   * @param rows the number of its outputs in the words of the configuration
   * @param columns the number of its inputs in the words of the configuration
   * @param out rows of its weight
   * @param in columns of its weight
   * @return the projection
   * @throws ModelException if the weight is missing, or weight or bias have another shape
   */
  public Projection projection(String name, String rows, String columns, long out, long in) {
    WeightSource module = in(name);
    return new Projection(
        module.tensor("weight", "[" + rows + ", " + columns + "]", out, in),
        module.has("bias") ? module.tensor("bias", "[" + rows + "]", out) : null);
  }

  /**
   * Returns a gated MLP.
   *
   * @param inner name of its inner width in the configuration
   * @param width its inner width
   * @param hidden width of the model
   * @return its three matrices
   * @throws ModelException if one is missing or has another shape
   */
  public Expert gatedMlp(String inner, long width, long hidden) {
    return new Expert(
        in("gate_proj").tensor("weight", "[" + inner + ", hidden_size]", width, hidden),
        in("up_proj").tensor("weight", "[" + inner + ", hidden_size]", width, hidden),
        in("down_proj").tensor("weight", "[hidden_size, " + inner + "]", hidden, width));
  }

  private static float only(WeightHandle handle) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(ValueLayout.JAVA_FLOAT);
      handle.materialise(Tensor.dense(DType.F32, handle.shape(), value));
      return value.get(ValueLayout.JAVA_FLOAT, 0);
    }
  }

  private ModelException refused(ErrorCode code, String name, String expected, Object found) {
    return new ModelException(
        code,
        "Checkpoint '"
            + checkpoint.folder()
            + "', tensor '"
            + prefix
            + name
            + "': expected "
            + expected
            + ", found "
            + found
            + ".");
  }
}
