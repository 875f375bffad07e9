package org.mla4j.benchmarks.peer;

import java.util.List;
import org.apache.commons.math3.stat.StatUtils;

/**
 * Least, middle and largest of some numbers.
 *
 * @param min the least
 * @param median the middle; of an even count, the mean of the two in the middle
 * @param max the largest
 */
public record Statistics(double min, double median, double max) {
  /**
   * Looks at numbers.
   *
   * @param values at least one
   * @return where they lie
   */
  public static Statistics of(List<Double> values) {
    double[] array = values.stream().mapToDouble(Double::doubleValue).toArray();
    return new Statistics(
        StatUtils.min(array), StatUtils.percentile(array, 50), StatUtils.max(array));
  }
}
