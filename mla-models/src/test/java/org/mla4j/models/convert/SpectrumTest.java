package org.mla4j.models.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.models.testing.Refusals.assertRefused;

import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;
import org.apache.commons.math3.random.Well19937c;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SpectrumTest {
  private static final int SIZE = 24;

  private final RealMatrix samples = random(60, SIZE);
  private final Spectrum spectrum = Spectrum.of(samples.transpose().multiply(samples));

  private static RealMatrix random(int rows, int columns) {
    Well19937c random = new Well19937c(7);
    RealMatrix matrix = MatrixUtils.createRealMatrix(rows, columns);
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        // Unlike variances: the order of the components is not a matter of luck.
        matrix.setEntry(row, column, random.nextGaussian() * (1 + column));
      }
    }
    return matrix;
  }

  @Test
  @DisplayName("values of a Gram matrix are the squares of the singular values, largest first")
  void valuesAreSquaresOfSingularValues() {
    double[] expected = new SingularValueDecomposition(samples).getSingularValues();
    for (int i = 0; i < SIZE; i++) {
      assertEquals(expected[i] * expected[i], spectrum.value(i), 1e-9 * spectrum.value(0));
    }
  }

  @Test
  @DisplayName("vectors are orthonormal")
  void vectorsAreOrthonormal() {
    assertEquals(
        0,
        spectrum
            .vectors()
            .transpose()
            .multiply(spectrum.vectors())
            .subtract(MatrixUtils.createRealIdentityMatrix(SIZE))
            .getNorm(),
        1e-12);
  }

  @Test
  @DisplayName("what a basis of the first vectors misses is the energy of the others")
  void errorIsTheEnergyLeftOut() {
    int kept = 9;
    RealMatrix basis = spectrum.first(kept);
    double missed =
        samples.subtract(samples.multiply(basis).multiply(basis.transpose())).getFrobeniusNorm();
    double all = samples.getFrobeniusNorm();
    assertEquals(1 - spectrum.part(kept), missed * missed / (all * all), 1e-12);
    assertEquals(kept, spectrum.count(spectrum.part(kept)));
    assertEquals(kept + 1, spectrum.count(spectrum.part(kept) + 1e-9));
    assertEquals(SIZE, spectrum.count(1));
  }

  @Test
  @DisplayName("root and inverse root")
  void roots() {
    RealMatrix gram = samples.transpose().multiply(samples);
    RealMatrix root = spectrum.root();
    assertEquals(0, root.multiply(root).subtract(gram).getNorm(), 1e-9 * gram.getNorm());
    assertEquals(
        0,
        root.multiply(spectrum.inverseRoot())
            .subtract(MatrixUtils.createRealIdentityMatrix(SIZE))
            .getNorm(),
        1e-9);
  }

  @Test
  @DisplayName("nothing has no energy to lose")
  void zeros() {
    Spectrum none = Spectrum.of(MatrixUtils.createRealMatrix(3, 3));
    assertEquals(3, none.size());
    assertEquals(0, none.value(0));
    assertEquals(1, none.part(1));
    assertEquals(1, none.count(0.99));
  }

  @Test
  void whatTheSolverWouldTakeHoursForIsRefused() {
    assertRefused(
        "Keys and values of a layer have 2049 elements together; the solver takes at most 2048."
            + " [MLA-0401]",
        () -> Spectrum.of(MatrixUtils.createRealMatrix(2049, 2049)));
  }
}
