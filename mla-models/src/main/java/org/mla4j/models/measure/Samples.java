package org.mla4j.models.measure;

import java.util.List;
import org.apache.commons.math3.stat.descriptive.DescriptiveStatistics;

/**
 * What was measured, several times over.
 *
 * @param values in the order in which they were measured, at least one
 */
public record Samples(List<Double> values) {
  /** Copies the list. */
  public Samples {
    values = List.copyOf(values);
  }

  /**
   * Returns the mean.
   *
   * @return the sum divided by the number
   */
  public double mean() {
    return statistics().getMean();
  }

  /**
   * Returns how far values lie from the mean, as an estimate from a sample.
   *
   * @return the standard deviation, with n - 1; 0 of one value
   */
  public double standardDeviation() {
    return statistics().getStandardDeviation();
  }

  /**
   * Returns the value in the middle.
   *
   * @return the median; of an even number, the mean of the two in the middle
   */
  public double median() {
    return statistics().getPercentile(50);
  }

  private DescriptiveStatistics statistics() {
    return new DescriptiveStatistics(values.stream().mapToDouble(Double::doubleValue).toArray());
  }
}
