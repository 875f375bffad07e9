package org.mla4j.models.convert;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;

/**
 * What is left of keys without their shared rotary part: it goes into the latent and rotates no
 * more. Instead of turning with the distance of query and key, a pair gets the mean of its turns
 * over the distances that were calibrated: near 1 for a slow pair, near 0 for a fast one.
 */
final class StillKeys {
  private StillKeys() {}

  /**
   * Returns which elements of a head are left; all, rather than none.
   *
   * @param kept pairs, from the first on, of which nothing is left
   */
  static int[] elements(GqaShape shape, int kept) {
    return IntStream.range(0, shape.headDim())
        .filter(element -> kept == shape.pairs() || element % shape.pairs() >= kept)
        .toArray();
  }

  /**
   * Returns the map from keys to what is left of them.
   *
   * @param elements which elements of each head
   * @param distances the mean is taken over distances 0 to one less
   * @return {@code [G elements, G d]}
   */
  static RealMatrix map(GqaShape shape, SharedRope rope, int[] elements, int distances) {
    RealMatrix left =
        MatrixUtils.createRealIdentityMatrix(shape.keyWidth())
            .subtract(rope.spread().multiply(rope.project()));
    RealMatrix turned = turns(shape, distances).multiply(left);
    return turned.getSubMatrix(
        rows(shape, elements), IntStream.range(0, shape.keyWidth()).toArray());
  }

  /**
   * Returns the map of a layer whose heads are normed: elements as they are, since their sizes
   * count in the norm.
   *
   * @param elements which elements of each head
   * @return {@code [G elements, G d]}
   */
  static RealMatrix ofNormedHeads(GqaShape shape, int[] elements) {
    return MatrixUtils.createRealIdentityMatrix(shape.keyWidth())
        .getSubMatrix(rows(shape, elements), IntStream.range(0, shape.keyWidth()).toArray());
  }

  private static int[] rows(GqaShape shape, int[] elements) {
    return IntStream.range(0, shape.keyHeads())
        .flatMap(head -> Arrays.stream(elements).map(at -> head * shape.headDim() + at))
        .toArray();
  }

  /** Multiplies each pair of each head by the conjugate of its mean turn. */
  private static RealMatrix turns(GqaShape shape, int distances) {
    RealMatrix matrix = MatrixUtils.createRealMatrix(shape.keyWidth(), shape.keyWidth());
    for (int pair = 0; pair < shape.pairs(); pair++) {
      double real = 0;
      double imaginary = 0;
      for (int distance = 0; distance < distances; distance++) {
        real += Math.cos(distance * shape.frequency(pair)) / distances;
        imaginary += Math.sin(distance * shape.frequency(pair)) / distances;
      }
      for (int head = 0; head < shape.keyHeads(); head++) {
        int x = head * shape.headDim() + pair;
        int y = x + shape.pairs();
        matrix.setEntry(x, x, real);
        matrix.setEntry(x, y, imaginary);
        matrix.setEntry(y, x, -imaginary);
        matrix.setEntry(y, y, real);
      }
    }
    return matrix;
  }
}
