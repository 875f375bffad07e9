package org.mla4j.models.measure;

import java.util.List;
import org.mla4j.core.cost.Cost;
import org.mla4j.core.measure.MachineLimits;
import org.mla4j.core.measure.OpProfile;
import org.mla4j.core.measure.OpProfile.Share;

/**
 * How near a test comes to what the machine can do. What must be read and computed is that of
 * {@link org.mla4j.core.cost.OpCost}; rates are those of the median repetition. Shares of time are
 * of a run of its own, whose steps wait after every op.
 *
 * @param weightBytesPerToken bytes of weights, by the token
 * @param cacheBytesPerToken bytes of cache rows, by the token
 * @param flopsPerToken floating-point operations, by the token
 * @param bytesPerSecond what was read
 * @param flopsPerSecond what was computed
 * @param ofBandwidth the first as a share of what the machine can read
 * @param ofPeak the second as a share of what it can compute
 * @param outsideShare share of time in which no kernel ran
 * @param ops where the rest of the time went, longest first
 * @param uncounted types of op whose cost nobody knows, and which are left out above
 */
public record Roofline(
    double weightBytesPerToken,
    double cacheBytesPerToken,
    double flopsPerToken,
    double bytesPerSecond,
    double flopsPerSecond,
    double ofBandwidth,
    double ofPeak,
    double outsideShare,
    List<OpShare> ops,
    List<String> uncounted) {
  /** Copies the lists. */
  public Roofline {
    ops = List.copyOf(ops);
    uncounted = List.copyOf(uncounted);
  }

  /**
   * A type of op.
   *
   * @param op its name
   * @param runs how often one ran
   * @param share of the time of all steps
   * @param bytesPerSecond weights and cache rows read while it ran; NaN if nobody knows
   * @param flopsPerSecond operations while it ran; NaN if nobody knows
   * @param ofBound the larger of the two as a share of what the machine can do; NaN if nobody knows
   */
  public record OpShare(
      String op,
      long runs,
      double share,
      double bytesPerSecond,
      double flopsPerSecond,
      double ofBound) {}

  static Roofline of(OpProfile profile, MachineLimits limits, long tokens, double tokensPerSecond) {
    Cost each = profile.cost().times(1.0 / tokens);
    double bytesPerSecond = each.bytes() * tokensPerSecond;
    double flopsPerSecond = each.flops() * tokensPerSecond;
    return new Roofline(
        each.weightBytes(),
        each.cacheBytes(),
        each.flops(),
        bytesPerSecond,
        flopsPerSecond,
        bytesPerSecond / limits.bytesPerSecond(),
        flopsPerSecond / limits.flopsPerSecond(),
        (double) profile.outsideNanos() / profile.nanos(),
        profile.shares().stream().map(share -> of(share, profile, limits)).toList(),
        profile.uncounted().stream().sorted().toList());
  }

  private static OpShare of(Share share, OpProfile profile, MachineLimits limits) {
    double seconds = share.nanos() / 1e9;
    double bytes = share.cost().map(cost -> cost.bytes() / seconds).orElse(Double.NaN);
    double flops = share.cost().map(cost -> cost.flops() / seconds).orElse(Double.NaN);
    return new OpShare(
        share.op(),
        share.runs(),
        (double) share.nanos() / profile.nanos(),
        bytes,
        flops,
        Math.max(bytes / limits.bytesPerSecond(), flops / limits.flopsPerSecond()));
  }

  /**
   * Tells what the test cannot be faster than.
   *
   * @return true if it is the reading of memory, false if it is computing
   */
  public boolean isBoundByMemory() {
    return ofBandwidth >= ofPeak;
  }

  /**
   * Returns how near it comes to that.
   *
   * @return the shortest time the machine would need, as a share of the time it took
   */
  public double ofBound() {
    return Math.max(ofBandwidth, ofPeak);
  }
}
