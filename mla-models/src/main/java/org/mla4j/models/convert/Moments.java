package org.mla4j.models.convert;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.RealMatrix;

/**
 * Second moments of what a layer computes before rotation: of its keys and values together, and of
 * the queries that meet each key head. Sums over tokens, in double; not centred, because a latent
 * has to carry the mean, too.
 *
 * <p>Threading: one thread at a time.
 */
final class Moments {
  /** So much of the weights' own moments goes with calibrated ones: no direction is unknown. */
  private static final double RIDGE = 1e-6;

  private final GqaShape shape;
  private final double[][] keysAndValues;
  private final List<double[][]> queries = new ArrayList<>();

  Moments(GqaShape shape) {
    this.shape = shape;
    keysAndValues = new double[2 * shape.keyWidth()][2 * shape.keyWidth()];
    for (int head = 0; head < shape.keyHeads(); head++) {
      queries.add(new double[shape.headDim()][shape.headDim()]);
    }
  }

  /** The moments for inputs of which nothing is known: independent, all of the same size. */
  static Moments ofWeights(LayerWeights weights) {
    Moments moments = new Moments(weights.shape());
    RealMatrix both = weights.keysAndValues();
    add(both.multiply(both.transpose()).getData(), moments.keysAndValues, 1);
    for (int head = 0; head < weights.shape().keyHeads(); head++) {
      RealMatrix rows = weights.queriesOf(head);
      int width = weights.shape().headDim();
      for (int first = 0; first < rows.getRowDimension(); first += width) {
        RealMatrix query =
            rows.getSubMatrix(first, first + width - 1, 0, rows.getColumnDimension() - 1);
        add(query.multiply(query.transpose()).getData(), moments.queries.get(head), 1);
      }
    }
    return moments;
  }

  /**
   * Adds a token.
   *
   * @param keysAndValuesRow its keys, head after head, then its values
   */
  void addKeysAndValues(float[] keysAndValuesRow) {
    addSquare(keysAndValuesRow, 0, keysAndValues);
  }

  /**
   * Adds a token.
   *
   * @param row its queries, head after head
   */
  void addQueries(float[] row) {
    for (int head = 0; head < shape.heads(); head++) {
      addSquare(row, head * shape.headDim(), queries.get(head / shape.headsPerKey()));
    }
  }

  /** These, and a little of others on the scale of these. */
  Moments withRidge(Moments others) {
    Moments sum = new Moments(shape);
    join(keysAndValues, others.keysAndValues, sum.keysAndValues);
    for (int head = 0; head < shape.keyHeads(); head++) {
      join(queries.get(head), others.queries.get(head), sum.queries.get(head));
    }
    return sum;
  }

  /** {@code [2 G d, 2 G d]}: keys first. */
  RealMatrix keysAndValues() {
    return new Array2DRowRealMatrix(keysAndValues, false);
  }

  /** {@code [d, d]}: the queries that meet a key head, added up. */
  RealMatrix queries(int keyHead) {
    return new Array2DRowRealMatrix(queries.get(keyHead), false);
  }

  private static void addSquare(float[] row, int start, double[][] sums) {
    for (int i = 0; i < sums.length; i++) {
      double factor = row[start + i];
      double[] sum = sums[i];
      for (int j = 0; j < sums.length; j++) {
        sum[j] += factor * row[start + j];
      }
    }
  }

  private static void join(double[][] own, double[][] others, double[][] sum) {
    double scale = trace(others) == 0 ? 0 : RIDGE * trace(own) / trace(others);
    add(own, sum, 1);
    add(others, sum, scale);
  }

  private static void add(double[][] from, double[][] to, double factor) {
    for (int i = 0; i < to.length; i++) {
      for (int j = 0; j < to.length; j++) {
        to[i][j] += factor * from[i][j];
      }
    }
  }

  private static double trace(double[][] matrix) {
    double trace = 0;
    for (int i = 0; i < matrix.length; i++) {
      trace += matrix[i][i];
    }
    return trace;
  }
}
