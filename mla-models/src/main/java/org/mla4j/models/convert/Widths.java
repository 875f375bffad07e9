package org.mla4j.models.convert;

import java.util.List;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/** Chooses the widths of rotary key and latent that the user left open. */
final class Widths {
  /** A pair that turns by less over a whole sequence, in radians, stands still. */
  private static final double STILL = 1e-5;

  /** What float weights lose to rounding; a latent that loses no more is exact. */
  static final double ROUNDING = 1e-12;

  private Widths() {}

  /** The pairs that the user wants in the shared key; 0 if none were given. */
  static int givenSlots(GqaShape shape, ConversionOptions options) {
    int fold = options.freqFold();
    if (shape.pairs() % fold != 0) {
      throw refused("freqFold", fold, "a divisor of the " + shape.pairs() + " pairs");
    }
    if (fold > 1 && shape.normedHeads()) {
      throw refused("freqFold", fold, "1, since each element of a head counts in its norm");
    }
    int width = options.qkRopeHeadDim().orElse(0);
    int most = 2 * mostSlots(shape, options);
    if (width % 2 != 0 || width > most) {
      throw refused(
          "qkRopeHeadDim",
          width,
          "an even number up to "
              + (shape.normedHeads() ? "head_dim - 2 = " : "head_dim / freqFold = ")
              + most);
    }
    return width / 2;
  }

  /** All pairs; but one, if the rest of a normed head may not be empty. */
  static int mostSlots(GqaShape shape, ConversionOptions options) {
    return shape.normedHeads() ? shape.pairs() - 1 : shape.pairs() / options.freqFold();
  }

  /** The pairs that do not stand still over the longest sequence; at least one. */
  static int movingPairs(GqaShape shape) {
    int moving = 0;
    while (moving < shape.pairs() && shape.frequency(moving) * shape.maxPositions() > STILL) {
      moving++;
    }
    return Math.max(1, moving);
  }

  /** Tells whether each pair that moves has a slot and a frequency of its own. */
  static boolean coverAll(GqaShape shape, int slots, ConversionOptions options) {
    return options.freqFold() == 1 && slots >= movingPairs(shape);
  }

  /** Half of a head, where nothing narrower is exact. */
  static int usualSlots(GqaShape shape, ConversionOptions options) {
    return Math.max(1, shape.pairs() / options.freqFold() / 2);
  }

  /** The width of the latent. */
  static int rank(GqaShape shape, List<LayerFit> fits, int slots, ConversionOptions options) {
    int most = fits.getFirst().spectrum().size();
    if (options.kvLoraRank().isPresent()) {
      int given = options.kvLoraRank().getAsInt();
      if (given > most) {
        throw refused("kvLoraRank", given, "at most " + most + ", which keeps everything");
      }
      return given;
    }
    int exact = count(fits, 1 - ROUNDING);
    boolean narrower = exact + 2 * slots < 2 * shape.keyWidth();
    boolean lossless =
        coverAll(shape, slots, options) && fits.stream().allMatch(fit -> fit.rope().exact());
    return lossless && narrower ? exact : count(fits, options.energy());
  }

  private static int count(List<LayerFit> fits, double part) {
    return fits.stream().mapToInt(fit -> fit.spectrum().count(part)).max().orElseThrow();
  }

  private static InvalidInputException refused(String option, int given, String expected) {
    return new InvalidInputException(
        ErrorCode.INVALID_REQUEST,
        "Conversion option " + option + " = " + given + "; expected " + expected + ".");
  }
}
