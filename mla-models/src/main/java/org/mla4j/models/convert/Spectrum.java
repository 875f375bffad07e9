package org.mla4j.models.convert;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/**
 * The eigenvalues of a symmetric, positive semi-definite matrix, none below 0, largest first, and
 * their vectors, one in each column.
 */
final class Spectrum {
  /** Beyond this the solver takes hours. */
  static final int LARGEST = 2048;

  /** A direction with less of the largest eigenvalue than this counts as if it had so much. */
  private static final double LEAST_PART = 1e-9;

  private final double[] values;
  private final RealMatrix vectors;

  private Spectrum(double[] values, RealMatrix vectors) {
    this.values = values;
    this.vectors = vectors;
  }

  /**
   * Decomposes a matrix.
   *
   * @throws InvalidInputException if it is too large for the solver
   */
  static Spectrum of(RealMatrix symmetric) {
    int size = symmetric.getRowDimension();
    if (size > LARGEST) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Keys and values of a layer have "
              + size
              + " elements together; the solver takes at most "
              + LARGEST
              + ".");
    }
    // Exactly symmetric, or the solver takes the slow way for general matrices.
    RealMatrix half = symmetric.add(symmetric.transpose()).scalarMultiply(0.5);
    EigenDecomposition solved = new EigenDecomposition(half);
    Integer[] order = new Integer[size];
    for (int i = 0; i < size; i++) {
      order[i] = i;
    }
    double[] found = solved.getRealEigenvalues();
    Arrays.sort(order, (a, b) -> Double.compare(found[b], found[a]));
    double[] values = new double[size];
    RealMatrix vectors = MatrixUtils.createRealMatrix(size, size);
    for (int i = 0; i < size; i++) {
      values[i] = Math.max(0, found[order[i]]);
      vectors.setColumnVector(i, solved.getEigenvector(order[i]));
    }
    return new Spectrum(values, vectors);
  }

  /** How many values there are. */
  int size() {
    return values.length;
  }

  /** The value of that rank, 0 for the largest. */
  double value(int rank) {
    return values[rank];
  }

  /** All vectors. */
  RealMatrix vectors() {
    return vectors;
  }

  /** The first vectors. */
  RealMatrix first(int count) {
    return vectors.getSubMatrix(0, vectors.getRowDimension() - 1, 0, count - 1);
  }

  /** The part of the sum of all values that the first ones have; 1 if all are 0. */
  double part(int count) {
    double sum = 0;
    double kept = 0;
    for (int i = 0; i < values.length; i++) {
      sum += values[i];
      kept += i < count ? values[i] : 0;
    }
    return sum == 0 ? 1 : kept / sum;
  }

  /** How many values it takes to have at least so large a part of their sum. */
  int count(double part) {
    int count = 1;
    while (count < values.length && part(count) < part) {
      count++;
    }
    return count;
  }

  /** The symmetric matrix whose square has these vectors and values. */
  RealMatrix root() {
    return function(Math::sqrt);
  }

  /** The inverse of {@link #root}. */
  RealMatrix inverseRoot() {
    return function(value -> 1 / Math.sqrt(value));
  }

  private RealMatrix function(DoubleUnaryOperator function) {
    double least = Math.max(values[0] * LEAST_PART, Double.MIN_NORMAL);
    RealMatrix scaled = vectors.copy();
    for (int i = 0; i < values.length; i++) {
      double factor = function.applyAsDouble(Math.max(values[i], least));
      scaled.setColumnVector(i, vectors.getColumnVector(i).mapMultiply(factor));
    }
    return scaled.multiply(vectors.transpose());
  }
}
