package org.mla4j.core.cpu.simd;

import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/**
 * The width of all vectors of the backend: what the machine prefers, or what the system property
 * {@code mla.cpu.vector.bits} says.
 *
 * <p>Constants, because C2 compiles vector code only for species that it knows.
 */
public final class Lanes {
  /** Floats of that width. */
  public static final VectorSpecies<Float> FLOATS =
      floats(Integer.getInteger("mla.cpu.vector.bits", 0));

  /** As many ints as {@link #FLOATS} has floats. */
  public static final VectorSpecies<Integer> INTS =
      switch (FLOATS.length()) {
        case 4 -> IntVector.SPECIES_128;
        case 8 -> IntVector.SPECIES_256;
        default -> IntVector.SPECIES_512;
      };

  /** As many shorts as {@link #FLOATS} has floats. */
  public static final VectorSpecies<Short> SHORTS =
      switch (FLOATS.length()) {
        case 4 -> ShortVector.SPECIES_64;
        case 8 -> ShortVector.SPECIES_128;
        default -> ShortVector.SPECIES_256;
      };

  /** Half as many doubles as {@link #FLOATS} has floats. */
  public static final VectorSpecies<Double> DOUBLES =
      switch (FLOATS.length()) {
        case 4 -> DoubleVector.SPECIES_128;
        case 8 -> DoubleVector.SPECIES_256;
        default -> DoubleVector.SPECIES_512;
      };

  /** Floats in a vector. */
  public static final int COUNT = FLOATS.length();

  /** Bytes of a vector of floats. */
  public static final long BYTES = (long) COUNT * Float.BYTES;

  /** How all of it lies in memory. */
  public static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  private Lanes() {}

  private static VectorSpecies<Float> floats(int wantedBits) {
    // A vector has to divide the 16 sums of a tile: wider ones are not used.
    int bits =
        wantedBits == 0 ? Math.min(512, FloatVector.SPECIES_PREFERRED.vectorBitSize()) : wantedBits;
    return switch (bits) {
      case 128 -> FloatVector.SPECIES_128;
      case 256 -> FloatVector.SPECIES_256;
      case 512 -> FloatVector.SPECIES_512;
      default ->
          throw new InvalidInputException(
              ErrorCode.INVALID_REQUEST,
              "mla.cpu.vector.bits = " + bits + "; expected 128, 256 or 512.");
    };
  }

  /** The least number of elements that fills whole vectors and holds so many. */
  public static int roundUp(int elements) {
    return Math.ceilDiv(elements, COUNT) * COUNT;
  }
}
