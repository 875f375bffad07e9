package org.mla4j.models.measure;

import java.util.List;
import java.util.OptionalLong;
import org.mla4j.core.measure.MachineLimits;

/**
 * How fast a model ran.
 *
 * @param model its name
 * @param fileBytes bytes of its files
 * @param parameters elements of its weights
 * @param weightType the type that most bytes of its weights have, in the words of the file
 * @param cacheType type of its caches
 * @param backend who ran the plan; more than one are separated by commas, in the order of their
 *     first node
 * @param starts how long it took to begin, for each number of threads
 * @param results the tests, in the order in which they ran
 * @param peakMemoryBytes the most memory that this process ever had, pages of mapped files
 *     included, before the limits were measured; empty where the operating system does not tell
 * @param limits what the machine can do, for each number of threads; empty if that was not asked
 *     for
 */
public record BenchmarkReport(
    String model,
    long fileBytes,
    long parameters,
    String weightType,
    String cacheType,
    String backend,
    List<Start> starts,
    List<TestResult> results,
    OptionalLong peakMemoryBytes,
    List<MachineLimits> limits) {
  /** Copies the lists. */
  public BenchmarkReport {
    starts = List.copyOf(starts);
    results = List.copyOf(results);
    limits = List.copyOf(limits);
  }
}
