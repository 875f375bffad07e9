package org.mla4j.models.convert;

import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;

/**
 * A layer on its way to latent attention: its shared rotary key, and the principal components of
 * the rest of its keys together with its values.
 *
 * <p>Errors of a key count as the queries see them, those of a value as the output projection does;
 * keys and values together have the same weight.
 */
final class LayerFit {
  private final GqaShape shape;
  private final int[] elements;
  private final SharedRope rope;
  private final RealMatrix still;
  private final RealMatrix metric;
  private final RealMatrix inverseMetric;
  private final Spectrum spectrum;

  /**
   * Fits a layer.
   *
   * @param rope its shared rotary key
   * @param elements elements of a key head that go into the latent
   * @param left {@code [G elements, G d]}: what goes into the latent of all keys
   */
  LayerFit(
      LayerWeights weights, Moments moments, SharedRope rope, int[] elements, RealMatrix left) {
    this.shape = weights.shape();
    this.elements = elements.clone();
    this.rope = rope;
    int keys = shape.keyHeads() * elements.length;
    int values = shape.keyWidth();
    still = MatrixUtils.createRealMatrix(keys + values, shape.keyWidth() + values);
    still.setSubMatrix(left.getData(), 0, 0);
    still.setSubMatrix(
        MatrixUtils.createRealIdentityMatrix(values).getData(), keys, shape.keyWidth());
    metric = MatrixUtils.createRealMatrix(keys + values, keys + values);
    inverseMetric = metric.copy();
    for (int head = 0; head < shape.keyHeads(); head++) {
      RealMatrix seen = moments.queries(head).getSubMatrix(elements, elements);
      set(Spectrum.of(seen), head * elements.length);
      set(Spectrum.of(shown(weights, head)), keys + head * shape.headDim());
    }
    RealMatrix covariance = still.multiply(moments.keysAndValues()).multiply(still.transpose());
    balance(covariance, keys);
    spectrum = Spectrum.of(metric.multiply(covariance).multiply(metric));
  }

  /** Energies by component: what a latent of some width keeps. */
  Spectrum spectrum() {
    return spectrum;
  }

  /** Elements of a key head that went into the latent. */
  int[] elements() {
    return elements.clone();
  }

  /** The shared rotary key. */
  SharedRope rope() {
    return rope;
  }

  /** {@code [L + R, 2 G d]}: keys and values to the latent and the shared rotary key. */
  RealMatrix down(int rank) {
    RealMatrix latent = spectrum.first(rank).transpose().multiply(metric).multiply(still);
    RealMatrix down =
        MatrixUtils.createRealMatrix(
            rank + rope.project().getRowDimension(), still.getColumnDimension());
    down.setSubMatrix(latent.getData(), 0, 0);
    down.setSubMatrix(rope.project().getData(), rank, 0);
    return down;
  }

  /** {@code [N (P + V), L]}: the latent to keys and values of each query head. */
  RealMatrix up(int rank) {
    RealMatrix all = inverseMetric.multiply(spectrum.first(rank));
    int nope = elements.length;
    int rows = nope + shape.headDim();
    RealMatrix up = MatrixUtils.createRealMatrix(shape.heads() * rows, rank);
    for (int head = 0; head < shape.heads(); head++) {
      int key = head / shape.headsPerKey();
      int value = shape.keyHeads() * nope + key * shape.headDim();
      up.setSubMatrix(rows(all, key * nope, nope).getData(), head * rows, 0);
      up.setSubMatrix(rows(all, value, shape.headDim()).getData(), head * rows + nope, 0);
    }
    return up;
  }

  /**
   * {@code [N (P + R), H + 1]}: hidden states to queries. The soft-max scale of the latent form
   * counts both widths, that of the source one: the quotient goes into queries.
   */
  RealMatrix queries(LayerWeights weights) {
    int ropeWidth = rope.project().getRowDimension();
    int rows = elements.length + ropeWidth;
    double factor = Math.sqrt((double) rows / shape.headDim());
    int columns = weights.queries().getColumnDimension();
    RealMatrix out = MatrixUtils.createRealMatrix(shape.heads() * rows, columns);
    for (int head = 0; head < shape.heads(); head++) {
      RealMatrix query =
          rows(weights.queries(), head * shape.headDim(), shape.headDim()).scalarMultiply(factor);
      for (int i = 0; i < elements.length; i++) {
        out.setRow(head * rows + i, query.getRow(elements[i]));
      }
      int key = head / shape.headsPerKey();
      RealMatrix spread = rows(rope.spread(), key * shape.headDim(), shape.headDim());
      out.setSubMatrix(
          spread.transpose().multiply(query).getData(), head * rows + elements.length, 0);
    }
    return out;
  }

  /** Values by element of a head, in the order that heads have here: the rotary pairs last. */
  float[] inOrder(float[] values) {
    int nope = elements.length;
    float[] ordered = new float[nope + rope.project().getRowDimension()];
    for (int i = 0; i < nope; i++) {
      ordered[i] = values[elements[i]];
    }
    for (int pair = 0; nope + 2 * pair < ordered.length; pair++) {
      ordered[nope + 2 * pair] = values[pair];
      ordered[nope + 2 * pair + 1] = values[pair + shape.pairs()];
    }
    return ordered;
  }

  /** How the output projection sees a value head: sum of {@code Wo' Wo} over its query heads. */
  private RealMatrix shown(LayerWeights weights, int keyHead) {
    RealMatrix sum = MatrixUtils.createRealMatrix(shape.headDim(), shape.headDim());
    for (int i = 0; i < shape.headsPerKey(); i++) {
      int first = (keyHead * shape.headsPerKey() + i) * shape.headDim();
      RealMatrix columns =
          weights.output().getSubMatrix(0, shape.hidden() - 1, first, first + shape.headDim() - 1);
      sum = sum.add(columns.transpose().multiply(columns));
    }
    return sum;
  }

  private void set(Spectrum seen, int at) {
    metric.setSubMatrix(seen.root().getData(), at, at);
    inverseMetric.setSubMatrix(seen.inverseRoot().getData(), at, at);
  }

  private void balance(RealMatrix covariance, int keys) {
    double[] energies = new double[2];
    RealMatrix seen = metric.multiply(covariance).multiply(metric);
    for (int i = 0; i < seen.getRowDimension(); i++) {
      energies[i < keys ? 0 : 1] += seen.getEntry(i, i);
    }
    if (energies[0] <= 0 || energies[1] <= 0) {
      return;
    }
    double factor = Math.sqrt(energies[1] / energies[0]);
    for (int i = 0; i < keys; i++) {
      metric.setRowVector(i, metric.getRowVector(i).mapMultiply(factor));
      inverseMetric.setRowVector(i, inverseMetric.getRowVector(i).mapDivide(factor));
    }
  }

  private static RealMatrix rows(RealMatrix matrix, int first, int count) {
    return matrix.getSubMatrix(first, first + count - 1, 0, matrix.getColumnDimension() - 1);
  }
}
