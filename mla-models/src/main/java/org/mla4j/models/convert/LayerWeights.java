package org.mla4j.models.convert;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.models.architecture.WeightSource;

/**
 * The projections of a layer with grouped-query attention. Each has one column more than inputs:
 * its bias, zeros if there is none.
 *
 * @param shape the model
 * @param queries {@code [N d, H + 1]}
 * @param keysAndValues {@code [2 G d, H + 1]}: keys first
 * @param output {@code [H, N d]}, without bias
 */
record LayerWeights(
    GqaShape shape, RealMatrix queries, RealMatrix keysAndValues, RealMatrix output) {
  /**
   * Reads the weights of a layer.
   *
   * @param source those below {@code self_attn}
   * @throws org.mla4j.api.error.ModelException if one is missing or has another shape
   */
  static LayerWeights read(GqaShape shape, WeightSource source) {
    RealMatrix both = MatrixUtils.createRealMatrix(2 * shape.keyWidth(), shape.hidden() + 1);
    String keys = "num_key_value_heads * head_dim";
    both.setSubMatrix(projection(source, "k_proj", keys, shape.keyWidth(), shape), 0, 0);
    both.setSubMatrix(
        projection(source, "v_proj", keys, shape.keyWidth(), shape), shape.keyWidth(), 0);
    int width = shape.heads() * shape.headDim();
    String queries = "num_attention_heads * head_dim";
    return new LayerWeights(
        shape,
        MatrixUtils.createRealMatrix(projection(source, "q_proj", queries, width, shape)),
        both,
        MatrixUtils.createRealMatrix(
            rows(
                source
                    .in("o_proj")
                    .tensor("weight", "[hidden_size, " + queries + "]", shape.hidden(), width),
                width)));
  }

  /** The rows of the query heads that meet a key head. */
  RealMatrix queriesOf(int keyHead) {
    int rows = shape.headsPerKey() * shape.headDim();
    return queries.getSubMatrix(
        keyHead * rows, (keyHead + 1) * rows - 1, 0, queries.getColumnDimension() - 1);
  }

  private static double[][] projection(
      WeightSource source, String name, String rows, int out, GqaShape shape) {
    Projection projection = source.projection(name, rows, "hidden_size", out, shape.hidden());
    double[][] matrix = rows(projection.weight(), shape.hidden() + 1);
    if (projection.bias() != null) {
      float[] bias = floats(projection.bias());
      for (int row = 0; row < out; row++) {
        matrix[row][shape.hidden()] = bias[row];
      }
    }
    return matrix;
  }

  /** Rows of a matrix, each followed by zeros up to a width. */
  private static double[][] rows(WeightHandle weight, int width) {
    float[] values = floats(weight);
    int rows = Math.toIntExact(weight.shape().extent(0));
    int columns = Math.toIntExact(weight.shape().extent(1));
    double[][] matrix = new double[rows][width];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        matrix[row][column] = values[row * columns + column];
      }
    }
    return matrix;
  }

  /** All elements of a weight, row-major. */
  static float[] floats(WeightHandle weight) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(ValueLayout.JAVA_FLOAT, weight.shape().elements());
      weight.materialise(Tensor.dense(DType.F32, weight.shape(), memory));
      return memory.toArray(ValueLayout.JAVA_FLOAT);
    }
  }
}
